import type { PairTools } from '../../lib/failover/testbed/testbed.ts'
import type { ClusterNodes } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { discard } from '../service/drbd/discard.ts'
import { goStandby, readService, switchoverProblems } from '../service/hand-over.ts'
import { milliseconds } from '../service/heartbeat-time.ts'
import { reported } from './reported.ts'
import type { Timing } from './timing.ts'

/** Operations on the pair that the test shares with the operating playbooks. */
export const pairTools = (nodes: ClusterNodes, context: Context, timing: Timing): PairTools => {
  const { cluster, vars } = context
  const pair = cluster.nodes.map(n => n.name)
  return {
    deadtime: milliseconds(timing.deadtime),
    handOver: goStandby,
    async refusal(to) {
      return switchoverProblems(await readService(nodes, context, pair), to, vars.ha_stage).join('; ') || undefined
    },
    discard: (victim, survivor) => discard(nodes, vars, victim, survivor),
    reported: () => reported(nodes, context),
  }
}
