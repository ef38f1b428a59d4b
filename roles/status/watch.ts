import type { ClusterAssertion } from '../../lib/role-api/index.ts'
import { atWork, clusterAssertion, differsBy, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { overview } from '../service/state/overview.ts'
import { maintenanceDifferences, transitionDifferences } from '../service/state/problems.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** A play that runs now, or an operator's maintenance: what differs meanwhile is their doing, so drift names them instead. */
const whoIsAtWork = (context: Context): ClusterAssertion<ServiceState> =>
  clusterAssertion(atWork.resource, {
    allowMissing: true,
    probe: serviceProbe(context),
    compare(members) {
      const states = statesOf(members)
      const plays = states.flatMap(s => (s.lock === '' ? [] : [{ attribute: atWork.play, host: s.host, from: s.lock, to: 'ended' }]))
      return differsBy([...plays, ...maintenanceDifferences(states)])
    },
  })

/** Not in `status.yml`: it shows a hand-over that is under way, and need not wait until it has ended. */
const stable = (context: Context): ClusterAssertion<ServiceState> =>
  clusterAssertion('heartbeat is stable', {
    allowMissing: true,
    probe: serviceProbe(context),
    compare: members => differsBy(transitionDifferences(statesOf(members))),
  })

/** What `drift` looks at beside the roles of a play: the state of the service, and who is at work on it. */
export const watch: Role = {
  name: 'watch',
  summary: 'the state of the service, and who is at work on it',
  // A play of `status.yml` has the overview already; a client in the same play has nothing of it.
  steps: c => (c.cluster.nodes.some(n => n.name === c.host) ? [whoIsAtWork(c), stable(c), { ...overview(c), shared: true }] : []),
}
