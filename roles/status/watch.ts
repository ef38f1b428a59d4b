import type { ClusterAssertion } from '../../lib/role-api/index.ts'
import { atWork, clusterAssertion, differsBy, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { overview } from '../service/state/overview.ts'
import { maintenanceDifferences, transitionDifferences } from '../service/state/problems.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** Running plays and maintenance: differences meanwhile are their doing, so drift reports them instead. */
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

/** Not in `status.yml`, which shows a hand-over in progress instead of waiting for its end. */
const stable = (context: Context): ClusterAssertion<ServiceState> =>
  clusterAssertion('heartbeat is stable', {
    allowMissing: true,
    probe: serviceProbe(context),
    compare: members => differsBy(transitionDifferences(statesOf(members))),
  })

/** What `drift` checks besides the roles of a play: the state of the service, and who is working on it. */
export const watch: Role = {
  name: 'watch',
  summary: 'the state of the service, and who is at work on it',
  // `status.yml` already has the overview, so it is shared; a client in the same play has no service state.
  steps: c => (c.cluster.nodes.some(n => n.name === c.host) ? [whoIsAtWork(c), stable(c), { ...overview(c), shared: true }] : []),
}
