import type { ClusterAssertion } from '../../../lib/role-api/index.ts'
import { clusterAssertion, differsBy, statesOf, unknown } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { linkDifferences, maintenanceDifferences, nfsdDifferences, serviceDifferences } from '../state/problems.ts'
import type { ServiceState } from '../state/state.ts'
import { serviceProbe } from '../state/state.ts'

/**
 * One node is active and the other on standby: address, DRBD, mount, export and nfsd are checked together. Problems are reported, not
 * repaired.
 */
export const serves = (context: Context): ClusterAssertion<ServiceState> =>
  clusterAssertion('the cluster serves', {
    // Nothing else in a run restarts nfsd or restores a link.
    dependsOn: [
      'live heartbeat files',
      'first start of heartbeat',
      `DRBD resource ${context.vars.drbd_resource}`,
      `first synchronisation of ${context.vars.drbd_resource}`,
    ],
    // Right after a first start or a hand-over, heartbeat may not have heard a link yet.
    settle: 15_000,
    probe: serviceProbe(context),
    compare(members) {
      const states = statesOf(members)
      if (states.every(s => s.served === '')) return unknown('first start of heartbeat')
      const { vars } = context
      return differsBy([
        ...maintenanceDifferences(states),
        ...serviceDifferences(states, vars.ha_stage),
        ...linkDifferences(states),
        ...nfsdDifferences(states, vars),
      ])
    },
  })
