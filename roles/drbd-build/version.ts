import type { ClusterAssertion, Probe, Source } from '../../lib/role-api/index.ts'
import { clusterAssertion, differsBy, inSync, present, probeOf, shell, simple, unknown } from '../../lib/role-api/index.ts'
import { drbdPrefix, drbdPrograms, withDrbd } from '../service/drbd/tools.ts'
import { procDrbd } from '../service/sources.ts'
import type { Vars } from '../vars.ts'

/** `version: 8.4.11 (api:1/proto:86-101)` is the first line of /proc/drbd. */
export const moduleVersion = (procDrbd: string): string | undefined => /^version: (\S+)/m.exec(procDrbd)?.[1]

/** A build is checked on disk; `builtModule` checks whether it is loaded. */
const versions = (vars: Vars): Source[] => {
  const prefix = drbdPrefix(vars)
  if (prefix === undefined) return [procDrbd, simple('drbdadm --version')]
  const records = `${prefix}/nfsha-build`
  return [
    shell(
      withDrbd(
        vars,
        `echo "version: $(modinfo -F version drbd)"; drbdadm --version; grep -h '^sha256 ' ${records}/utilities "${records}/module-$(uname -r)"`,
      ),
    ),
  ]
}

const parse =
  (vars: Vars): Probe<string>['parse'] =>
  ({ stdout }) => {
    const module = moduleVersion(stdout)
    const utilities = /^DRBDADM_VERSION=(\S+)/m.exec(stdout)?.[1]
    if (!module) return unknown('kernel module drbd')
    if (!utilities) return unknown(drbdPrograms(vars))
    const sums = [...stdout.matchAll(/^sha256 (\w{12})/gm)].map(m => m[1])
    const from = sums.length > 0 ? `, from archives ${[...new Set(sums)].join(' and ')}` : ''
    return present(`module ${module}, utilities ${utilities}${from}`)
  }

/** The kernel module and the utilities are the same on both nodes. Check only. */
export const sameVersion = (vars: Vars): ClusterAssertion<string> =>
  clusterAssertion('DRBD version', {
    probe: probeOf(versions(vars), parse(vars)),
    compare(members) {
      const versions = members.map(m => (m.reading.kind === 'present' ? m.reading.state : 'none'))
      if (new Set(versions).size === 1) return inSync
      return differsBy(members.map((m, i) => ({ attribute: m.host, from: versions[i] ?? '', to: '' })))
    },
  })
