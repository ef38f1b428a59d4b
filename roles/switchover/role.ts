import { statesOf } from '../../lib/resources/members.ts'
import type { ClusterResource } from '../../lib/resources/resource.ts'
import { differsBy, inSync, refused } from '../../lib/resources/verdict.ts'
import type { Context, Role } from '../role.ts'
import { peerOf } from '../role.ts'
import { handOver, switchoverProblems } from '../service/hand-over.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** The service is on the node that the operator named; without a name on the one that did not serve when this run first looked. */
const service = (context: Context): ClusterResource<ServiceState> => {
  const { vars, cluster } = context
  let target = vars.ha_switchover_to
  return {
    scope: 'cluster',
    id: 'node that serves',
    settle: 30_000,
    probe: serviceProbe(vars, context.platform, peerOf(context).vars.node_name),
    compare(members) {
      const states = statesOf(members)
      const [holder, other] = states.filter(s => s.vip)
      if (!holder || other)
        return refused(`the service is on ${holder ? 'both nodes' : 'no node'}, it cannot be moved: look first, nfsha-play status.yml`)
      target ??= cluster.nodes.find(n => n.name !== holder.host)?.name
      if (!target || !cluster.nodes.some(n => n.name === target))
        return refused(`ha_switchover_to=${target}: the cluster has the nodes ${cluster.nodes.map(n => n.name).join(' and ')}`)
      if (holder.host === target) return inSync
      const problems = switchoverProblems(states, target, vars.ha_stage)
      if (problems.length > 0) return refused(`the service stays on ${holder.host}: ${problems.join('; ')}`)
      return differsBy([{ attribute: 'service', from: holder.host, to: target }])
    },
    async apply(nodes, changes) {
      const [change] = changes
      if (!change) return
      const started = Date.now()
      await handOver(nodes, change.from, change.to, vars)
      nodes.remark(`${change.to} serves after ${((Date.now() - started) / 1000).toFixed(1)} s`)
    },
  }
}

export const switchover: Role = { name: 'switchover', summary: 'moves the service to the other node', steps: context => [service(context)] }
