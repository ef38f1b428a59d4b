import type { ClusterResource } from '../../../lib/role-api/index.ts'
import { differsBy, failedScript, inSync, notRead, present, probeOf, statesOf } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { clock } from '../sources.ts'

/**
 * The nodes' clocks agree. They are compared through the clock of the machine that reads both, so the precision is the round-trip time. A
 * difference is left to the time service: it is asked to query its servers now, and has a minute.
 */
export const clockOffset = ({ vars, platform }: Context): ClusterResource<{ offset: number }> => ({
  scope: 'cluster',
  id: 'clocks agree',
  invalidates: 'itself',
  settle: 60_000,
  probe: probeOf([clock], ({ stdout, at }) => {
    const [, time] = /^(\d{9,}\.\d+) /.exec(stdout) ?? []
    return time === undefined ? notRead('date printed no time') : present({ offset: Number(time) - at / 1000 })
  }),
  compare(members) {
    const offsets = statesOf(members).map(s => s.offset)
    const difference = Math.max(...offsets) - Math.min(...offsets)
    const limit = vars.base_clock_offset
    if (difference <= limit) return inSync
    return differsBy([{ attribute: 'clocks', from: `${difference.toFixed(1)} s apart`, to: `at most ${limit} s` }])
  },
  async apply(nodes) {
    const hint = 'set base_time_servers to NTP servers that the nodes can reach'
    for (const host of nodes.hosts) {
      const asked = await nodes.on(host).connection.run(platform.commands.setClock, { timeout: 60_000 })
      if (asked.code !== 0) throw failedScript(`${host} gets no time from its servers`, asked, hint)
    }
  },
})
