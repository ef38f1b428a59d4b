import type { Procedure } from '../../lib/role-api/index.ts'
import { statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'
import { type Aim, planFenceTest } from './plan.ts'

const proven = (context: Context): Procedure<ServiceState, Aim> => ({
  scope: 'cluster',
  id: 'each node can fence the other',
  probe: serviceProbe(context),
  aim(members) {
    const states = statesOf(members)
    const [active, other] = states.filter(s => s.vip)
    const standby = states.find(s => s !== active)
    return { active: other ? undefined : active?.host, standby: standby?.host }
  },
  plan: (members, aim, done) => planFenceTest(statesOf(members), aim, done, context),
})

export const fenceTest: Role = {
  name: 'fence-test',
  summary: 'proves that the nodes can reset each other: resets the standby and, if requested, the other node after a switchover',
  steps: context => [proven(context)],
}
