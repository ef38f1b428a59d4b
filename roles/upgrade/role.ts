import type { Procedure } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { chooseNode } from './needs.ts'
import { heldPackages, planUpgrade } from './plan.ts'
import { type NodeState, nodeProbe, nodesOf } from './state.ts'

/** One node with the newest packages of its release, or with another release, while the other one serves. */
const upgraded = (context: Context): Procedure<NodeState, string | undefined> => ({
  scope: 'cluster',
  id: context.vars.upgrade_turn === 'standby' ? 'system of the standby' : 'system of the other node',
  settle: 60_000,
  probe: nodeProbe(context),
  aim: members => chooseNode(nodesOf(members), context.vars.upgrade_turn, context.vars.ha_release, heldPackages(context)),
  plan: (members, node) => planUpgrade(nodesOf(members), node, context),
})

export const upgrade: Role = {
  name: 'upgrade',
  summary: 'upgrades the system of one node while the other serves',
  steps: context => [upgraded(context)],
}
