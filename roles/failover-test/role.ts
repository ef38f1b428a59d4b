import { randomInt } from 'node:crypto'
import { changeOf, planOf, type TestPlan } from '../../lib/failover/scenario/plan.ts'
import type { ClusterNodes, Procedure, Resource } from '../../lib/role-api/index.ts'
import { present, probeOf, refused, statesOf, planOf as stepsOf, text } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { firstOf } from '../role.ts'
import { versionProblem } from '../service/nfs/version3.ts'
import { type Timing, timingIn } from './timing.ts'

/** A node's ha.cf; empty on a client. */
interface HeartbeatFile {
  haCf: string
}

const isClient = ({ host, cluster }: Context): boolean => cluster.clients.some(c => c.name === host)

/** The first client whose mount options the cluster cannot serve, with the reason. */
const unmountable = ({ cluster }: Context): string | undefined =>
  cluster.clients.flatMap(c => {
    const problem = versionProblem(c.vars)
    return problem === undefined ? [] : [`${c.name}: ${problem}`]
  })[0]

/** Why no fault can be injected on this cluster, whatever the plan. */
const problemOf = (context: Context): string | undefined => {
  const { vars } = firstOf(context.cluster)
  if (vars.ha_stage !== 'full') return undefined
  if (context.cluster.clients.length === 0)
    return `no client uses the share: list its clients in group '${vars.ha_clients}' of the inventory`
  return unmountable(context)
}

/**
 * Injects the faults of the plan, each on a healthy pair, undoes them and measures the impact (lib/failover). All trials are one step:
 * between trials the harness itself waits for the pair, and the engine does not probe nodes that a fault has just hit.
 */
const faultsSurvived = (context: Context): Procedure<HeartbeatFile, TestPlan | string> => {
  const { vars } = firstOf(context.cluster)
  return {
    scope: 'cluster',
    id: 'faults survived',
    probe: probeOf([text(`${context.platform.paths.haDir}/ha.cf`)], ({ stdout }) => present({ haCf: stdout })),
    aim: () => planOf(vars, randomInt(1_000_000)),
    plan(members, aim, done) {
      if (typeof aim === 'string') return refused(aim)
      const problem = problemOf(context)
      if (problem !== undefined) return refused(problem)
      const timing = timingIn(statesOf(members).find(s => s.haCf !== '')?.haCf ?? '', vars)
      return stepsOf([
        !done.includes(makeFaults) && {
          name: makeFaults,
          changes: aim.trials.map(changeOf),
          run: nodes => makeAll(nodes, aim, context, timing),
        },
      ])
    },
  }
}

const makeFaults = 'make the faults'

/** Most of the harness is loaded only when faults are injected. */
const makeAll = async (nodes: ClusterNodes, plan: TestPlan, context: Context, timing: Timing): Promise<void> => {
  const [{ runPlan }, { testbedOf }, { pairTools }] = await Promise.all([
    import('../../lib/failover/scenario/run-plan.ts'),
    import('../../lib/failover/testbed/testbed.ts'),
    import('./pair-tools.ts'),
  ])
  const { cluster, vars } = context
  const reporting = { cluster: cluster.name, timing, path: vars.failover_report, beside: vars.failover_beside }
  await runPlan(testbedOf(nodes, context, pairTools(nodes, context, timing)), plan, reporting)
}

const steps = (context: Context): Resource[] => [
  ...(isClient(context) ? [context.platform.install(context.platform.packages.nfsClient)] : []),
  faultsSurvived(context),
]

export const failoverTest: Role = { name: 'failover-test', summary: 'injects faults while clients work, and reports the impact', steps }
