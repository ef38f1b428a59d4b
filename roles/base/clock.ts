import { failedScript } from '../../lib/resources/outcome.ts'
import type { ClusterResource, HostResource } from '../../lib/resources/resource.ts'
import { present, unknown } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'

/** chrony's sources of the inventory, as a file of a directory that it rereads without a restart. chrony.conf(5), sourcedir. */
export const timeSources = (servers: string[]): string =>
  `# Managed by nfsha-play.\n${servers.map(server => `server ${server} iburst minpoll 4 maxpoll 8\n`).join('')}`

/** The running chrony asks these servers. */
export const sourcesReload = (id: string, servers: string[]): HostResource<string[]> => ({
  scope: 'host',
  id,
  alters: 'itself',
  settle: 10_000,
  probe: {
    sh: 'chronyc -n -c sources',
    parse: ({ code, stdout }) =>
      code === 0 ? present(stdout.split('\n').map(line => line.split(',')[2] ?? '')) : unknown('an answer of chrony'),
  },
  changes(actual) {
    const asked = actual.kind === 'present' ? actual.state : []
    return servers.filter(s => !asked.includes(s)).map(s => ({ attribute: 'time server', from: '', to: s }))
  },
  async apply($) {
    await $`chronyc reload sources`
  },
})

/**
 * The nodes' clocks against each other, compared through the clock of the machine which reads both: good to the time an answer travels. A
 * difference is the time service's to mend: it is asked to look at its servers now, and given a minute.
 */
export const clockOffset = ({ vars }: Context): ClusterResource<number> => ({
  scope: 'cluster',
  id: 'clocks agree',
  alters: 'itself',
  settle: 60_000,
  probe: {
    sh: 'date +%s.%N',
    parse: ({ stdout, at }) => present(Number(stdout.trim()) - at / 1000),
  },
  changes(members) {
    const offsets = members.flatMap(m => (m.reading.kind === 'present' ? [m.reading.state] : []))
    const difference = Math.max(...offsets) - Math.min(...offsets)
    const limit = vars.base_clock_offset
    return difference <= limit ? [] : [{ attribute: 'clocks', from: `${difference.toFixed(1)} s apart`, to: `at most ${limit} s` }]
  },
  async apply(nodes) {
    const hint = 'name servers that the nodes reach: base_time_servers'
    for (const host of nodes.hosts) {
      const asked = await nodes.on(host).connection.run('chronyc burst 3/5 && chronyc waitsync 30 0 0 1', { timeout: 60_000 })
      if (asked.code !== 0) throw failedScript(`${host} gets no time from its servers: waiting for chrony`, asked, hint)
    }
  },
})
