import type { HostResource } from './resource.ts'
import { present, unknown } from './resource.ts'
import { differsBy } from './verdict.ts'

/** chrony's sources of the inventory, as a file of a directory that it rereads without a restart. chrony.conf(5), sourcedir. */
export const timeSources = (servers: string[]): string =>
  `# Managed by nfsha-play.\n${servers.map(server => `server ${server} iburst minpoll 4 maxpoll 8\n`).join('')}`

/** The running chrony asks these servers. */
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
