import type { Plan, Procedure } from '../../lib/role-api/index.ts'
import { planOf, refused, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { handOver, switchoverProblems } from '../service/hand-over.ts'
import type { NamedState, ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** Pure: one hand-over to the target, unless it already serves; refused while that is not safe. */
const planFor = (states: NamedState[], target: string | undefined, { cluster, vars }: Context): Plan => {
  const [active, other] = states.filter(s => s.vip)
  if (!active || other)
    return refused(`the service is on ${active ? 'both nodes' : 'no node'}, it cannot be moved: run nfsha-play status.yml first`)
  if (!target || !cluster.nodes.some(n => n.name === target))
    return refused(`ha_switchover_to=${target}: the cluster has the nodes ${cluster.nodes.map(n => n.name).join(' and ')}`)
  if (active.host === target) return planOf([])
  const problems = switchoverProblems(states, target, vars.ha_stage)
  if (problems.length > 0) return refused(`the service stays on ${active.host}: ${problems.join('; ')}`)
  return planOf([
    {
      name: `hand over to ${target}`,
      changes: [{ attribute: 'service', from: active.host, to: target }],
      async run(nodes) {
        const started = Date.now()
        await handOver(nodes, active.host, target, vars)
        nodes.remark(`${target} serves after ${((Date.now() - started) / 1000).toFixed(1)} s`)
      },
    },
  ])
}

/** Moves the service to the node that the operator named; by default to the node that was on standby at the first reading of this run. */
const moveService = (context: Context): Procedure<ServiceState, string | undefined> => ({
  scope: 'cluster',
  id: 'active node',
  settle: 30_000,
  probe: serviceProbe(context),
  aim(members) {
    const active = statesOf(members).find(s => s.vip)
    return context.vars.ha_switchover_to ?? (active && context.cluster.nodes.find(n => n.name !== active.host)?.name)
  },
  plan: (members, target) => planFor(statesOf(members), target, context),
})

export const switchover: Role = {
  name: 'switchover',
  summary: 'moves the service to the other node',
  steps: context => [moveService(context)],
}
