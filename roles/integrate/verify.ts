import type { ClusterResource } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'
import { peerOf } from '../role.ts'
import type { ServiceState } from './service-state.ts'
import { serviceProbe, serviceProblems, statesOf } from './service-state.ts'

/** One node serves and the other stands by: address, DRBD, mount, export and nfsd, judged together. What is wrong is left alone and named. */
export const serves = (context: Context): ClusterResource<ServiceState> => ({
  scope: 'cluster',
  id: 'the cluster serves',
  assertion: true,
  alters: 'itself',
  probe: serviceProbe(context.vars, context.platform, peerOf(context).vars.node_name),
  changes(members) {
    const states = statesOf(members)
    if (states.every(s => s.served === '')) return { kind: 'unknown', until: 'first start of heartbeat' }
    const problems = serviceProblems(states, context.vars.ha_stage)
    return problems.length === 0 ? [] : `${problems.join('\n')}\na run never moves or starts a cluster that has served`
  },
  apply: async () => undefined,
})
