import type { ClusterResource } from '../../lib/resources/resource.ts'
import { present, unknown } from '../../lib/resources/resource.ts'

/** `version: 8.4.11 (api:1/proto:86-101)` is the first line of /proc/drbd. */
export const moduleVersion = (procDrbd: string): string | undefined => /^version: (\S+)/m.exec(procDrbd)?.[1]

/** The module that the kernel runs, and the utilities that talk to it, on both nodes. Judges only. */
export const sameVersion = (): ClusterResource<string> => ({
  scope: 'cluster',
  id: 'DRBD version',
  assertion: true,
  alters: 'itself',
  probe: {
    sh: 'cat /proc/drbd; drbdadm --version',
    parse({ stdout }) {
      const module = moduleVersion(stdout)
      const utilities = /^DRBDADM_VERSION=(\S+)/m.exec(stdout)?.[1]
      if (!module) return unknown('kernel module drbd')
      return utilities ? present(`module ${module}, utilities ${utilities}`) : unknown('package drbd-utils')
    },
  },
  changes(members) {
    const versions = members.map(m => (m.reading.kind === 'present' ? m.reading.state : 'none'))
    if (new Set(versions).size === 1) return []
    return members.map((m, i) => ({ attribute: m.host, from: versions[i] ?? '', to: '' }))
  },
  apply: async () => undefined,
})
