import { randomInt } from 'node:crypto'
import { changeOf, type Planned, planOf } from '../../lib/failover/scenario/plan.ts'
import type { ClusterResource, Resource } from '../../lib/role-api/index.ts'
import { differsBy, present, refused } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { firstOf } from '../role.ts'
import { versionProblem } from '../service/nfs/version3.ts'

const isClient = ({ host, cluster }: Context): boolean => cluster.clients.some(c => c.name === host)

/** The first client that the cluster does not serve as its mount options say. */
const unmountable = ({ cluster }: Context): string | undefined =>
  cluster.clients.flatMap(c => {
    const problem = versionProblem(c.vars)
    return problem === undefined ? [] : [`${c.name}: ${problem}`]
  })[0]

/**
 * The faults of the plan are made, each on a pair that is whole, undone and measured (lib/failover). It is an act, no state: what there is to do is what this
 * run has not done.
 */
const faultsSurvived = (context: Context): ClusterResource<true> => {
  const { vars } = firstOf(context.cluster)
  const plan = planOf(vars, randomInt(1_000_000))
  const tried = new Set<Planned>()
  return {
    scope: 'cluster',
    id: 'faults survived',
    probe: { sh: ':', parse: () => present(true) },
    compare() {
      if (typeof plan === 'string') return refused(plan)
      if (context.cluster.clients.length === 0 && vars.ha_stage === 'full')
        return refused(`nobody works on the share: name its clients in group '${vars.ha_clients}' of the inventory`)
      const problem = vars.ha_stage === 'full' ? unmountable(context) : undefined
      if (problem) return refused(problem)
      return differsBy(plan.trials.filter(p => !tried.has(p)).map(changeOf))
    },
    async apply(nodes) {
      if (typeof plan === 'string') return
      // Most of the harness is loaded by nobody but who makes faults.
      const [{ runPlan }, { testbedOf }, { pairTools }] = await Promise.all([
        import('../../lib/failover/scenario/run-plan.ts'),
        import('../../lib/failover/testbed/testbed.ts'),
        import('./pair-tools.ts'),
      ])
      const { cluster, vars } = context
      const timing = { keepalive: vars.heartbeat_keepalive, warntime: vars.heartbeat_warntime, deadtime: vars.heartbeat_deadtime }
      const reporting = { cluster: cluster.name, timing, path: vars.failover_report, beside: vars.failover_beside }
      await runPlan(testbedOf(nodes, context, pairTools(nodes, context)), plan, reporting, tried)
    },
  }
}

const steps = (context: Context): Resource[] => [
  ...(isClient(context) ? [context.platform.install(context.platform.packages.nfsClient)] : []),
  faultsSurvived(context),
]

export const failoverTest: Role = { name: 'failover-test', summary: 'makes faults while clients work, and reports what they cost', steps }
