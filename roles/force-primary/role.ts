import type { Plan, Procedure } from '../../lib/role-api/index.ts'
import { planOf, refused, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { type Copy, copyProbe, type NamedCopy } from '../service/copies/copy.ts'
import { copies, missingOf } from '../service/copies/table.ts'
import { bringUp, planAlone, takeProblems } from '../service/copies/take.ts'

/**
 * Pure: the operator's confirmation allows a copy that is known to be older, but never an incomplete copy, or a peer that is still there.
 */
export const planForce = (all: NamedCopy[], missing: string[], done: readonly string[], context: Context): Plan => {
  const { drbd_survivor: survivor } = context.vars
  if (survivor === undefined)
    return refused(
      `which copy is to be used? Name its node: -e drbd_survivor=<node> (${context.cluster.nodes.map(n => n.name).join(' or ')})`,
    )
  const copy = all.find(c => c.host === survivor)
  if (!copy) return refused(`${survivor} was not read`)
  if (copy.vip) return planOf([])
  const [problem] = takeProblems(copy, missing, ['Consistent', 'Outdated'])
  if (problem !== undefined) return refused(problem)
  if (!copy.device) return planOf([bringUp([survivor], context)])
  return planAlone(copy, missing[0] ?? '', done, context)
}

const forced = (context: Context): Procedure<Copy, undefined> => ({
  scope: 'cluster',
  id: 'surviving copy',
  allowMissing: true,
  probe: copyProbe(context),
  aim: () => undefined,
  plan: (members, _aim, done) => planForce(statesOf(members), missingOf(members), done, context),
})

export const forcePrimary: Role = {
  name: 'force-primary',
  summary: 'starts the service on the copy of the node that the operator names, although it may be the older one',
  steps: context => [copies(context), forced(context)],
}
