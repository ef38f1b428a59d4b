import type { ClusterResource } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'
import { peerOf } from '../role.ts'
import { linkDifferences, maintenanceDifferences, nfsdDifferences, serviceDifferences } from '../service/state/problems.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe, statesOf } from '../service/state/state.ts'

/** One node serves and the other stands by: address, DRBD, mount, export and nfsd, judged together. What is wrong is left alone and named. */
export const serves = (context: Context): ClusterResource<ServiceState> => ({
  scope: 'cluster',
  id: 'the cluster serves',
  assertion: true,
  // Nothing else that a run changes restarts nfsd or brings a link back.
  dependsOn: [
    'what heartbeat reads live',
    'first start of heartbeat',
    `DRBD resource ${context.vars.drbd_resource}`,
    `first synchronisation of ${context.vars.drbd_resource}`,
  ],
  // Straight after a first start or a hand-over a link may not have been heard yet.
  settle: 15_000,
  alters: 'itself',
  probe: serviceProbe(context.vars, context.platform, peerOf(context).vars.node_name),
  changes(members) {
    const states = statesOf(members)
    if (states.every(s => s.served === '')) return { kind: 'unknown', until: 'first start of heartbeat' }
    const { vars } = context
    return [
      ...maintenanceDifferences(states),
      ...serviceDifferences(states, vars.ha_stage),
      ...linkDifferences(states),
      ...nfsdDifferences(states, vars),
    ]
  },
  apply: async () => undefined,
})
