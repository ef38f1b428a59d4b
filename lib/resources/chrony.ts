import { present, unknown } from './reading.ts'
import type { HostResource } from './resource.ts'
import { differsBy } from './verdict.ts'

/** The inventory's time servers as a chrony source file, which chrony can reload without a restart. chrony.conf(5), sourcedir. */
export const timeSources = (servers: string[]): string =>
  `# Managed by nfsha-play.\n${servers.map(server => `server ${server} iburst minpoll 4 maxpoll 8\n`).join('')}`

/** Ensures that the running chrony uses these servers. */
export const sourcesReload = (id: string, servers: string[]): HostResource<string[]> => ({
  scope: 'host',
  id,
  invalidates: 'itself',
  settle: 10_000,
  probe: {
    sh: 'chronyc -n -c sources',
    parse: ({ code, stdout }) =>
      code === 0 ? present(stdout.split('\n').map(line => line.split(',')[2] ?? '')) : unknown('a running chrony'),
  },
  compare(actual) {
    const asked = actual.kind === 'present' ? actual.state : []
    return differsBy(servers.filter(s => !asked.includes(s)).map(s => ({ attribute: 'time server', from: '', to: s })))
  },
  async apply($) {
    await $`chronyc reload sources`
  },
})
