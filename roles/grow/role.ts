import type { Procedure } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { inUse } from '../service/checks/in-use.ts'
import { planGrow } from './plan.ts'
import { type NodeState, nodeProbe, nodesOf } from './state.ts'
import { sizesShown } from './table.ts'

const grown = (context: Context): Procedure<NodeState, undefined> => ({
  scope: 'cluster',
  id: 'size of the share',
  probe: nodeProbe(context),
  aim: () => undefined,
  plan: (members, _aim, done) => planGrow(nodesOf(members), done, context),
})

export const grow: Role = {
  name: 'grow',
  summary: 'grows DRBD and the file system to what both disks have, while clients work',
  steps: context => [inUse(context), sizesShown(context), grown(context)],
}
