import { randomInt } from 'node:crypto'
import { ApplyFailed } from '../../lib/resources/outcome.ts'
import type { Change, ClusterNodes, ClusterResource, Resource, Table } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'
import { differsBy, refused } from '../../lib/resources/verdict.ts'
import type { Context, Role } from '../role.ts'
import { firstOf } from '../role.ts'
import { versionProblem } from '../service/nfs/version3.ts'
import { benchOf } from './bench.ts'
import { endsWithoutService } from './catalogue.ts'
import type { Planned, TestPlan } from './plan.ts'
import { planOf } from './plan.ts'
import type { FailoverReport, Trial } from './record.ts'
import { chartTable } from './report/chart.ts'
import { readReport, refuseUnwritable, writeReport } from './report/files.ts'
import { runTrial } from './trial.ts'

const titleOf = ({ fault, surrounding }: Planned): string => (surrounding ? `${fault.title}, ${surrounding.title}` : fault.title)

const wish = (planned: Planned): Change => ({
  attribute: `${titleOf(planned)}${planned.run > 1 ? ` (${planned.run})` : ''}`,
  from: 'not tried',
  to: `tried on ${[...new Set(planned.fault.steps.map(s => (s.on === 'both' ? 'both nodes' : `the ${s.on}`)))].join(' and ')}`,
})

const isClient = ({ host, cluster }: Context): boolean => cluster.clients.some(c => c.name === host)

/** The first client that the cluster does not serve as its mount options say. */
const unmountable = ({ cluster }: Context): string | undefined =>
  cluster.clients.flatMap(c => {
    const problem = versionProblem(c.vars)
    return problem === undefined ? [] : [`${c.name}: ${problem}`]
  })[0]

/**
 * The faults of the plan are made, each on a pair that is whole, undone and measured. It is an act, no state: what there is to do is what this
 * run has not done. The report is written after each fault, so that an interrupted test leaves what it has seen.
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
      return differsBy(plan.trials.filter(p => !tried.has(p)).map(wish))
    },
    async apply(nodes) {
      if (typeof plan === 'string') return
      refuseUnwritable(context.vars.failover_report)
      await tryAll(context, plan, nodes, tried)
    },
  }
}

const tryAll = async (context: Context, plan: TestPlan, nodes: ClusterNodes, tried: Set<Planned>): Promise<void> => {
  const { vars } = context
  const beside = vars.failover_beside === undefined ? [] : readReport(vars.failover_beside).trials
  const bench = benchOf(nodes, context)
  const report: FailoverReport = {
    version: 1,
    started: new Date().toISOString(),
    cluster: context.cluster.name,
    timing: { keepalive: vars.heartbeat_keepalive, warntime: vars.heartbeat_warntime, deadtime: vars.heartbeat_deadtime },
    ...(plan.seed !== undefined && { seed: plan.seed }),
    skipped: plan.skipped,
    trials: [],
  }
  if (plan.seed !== undefined) nodes.show(randomChoice(plan, plan.seed))
  try {
    for (const [i, planned] of plan.trials.entries()) {
      if (nodes.signal.aborted) return
      const place = `${i + 1} of ${plan.trials.length}, ${titleOf(planned)}`
      const percent = (100 * i) / plan.trials.length
      const trial = await runTrial(bench, planned, text => nodes.progress({ text: `${place}: ${text}`, percent }))
      report.trials.push(trial)
      tried.add(planned)
      writeReport(vars.failover_report, report, beside)
      if (trial.wholeAt === undefined) break
    }
  } finally {
    if (report.trials.length > 0) nodes.show(chartTable(report))
  }
  judge(report.trials, vars.failover_report)
}

/** The seed is said before anything happens: whatever comes of it can be tried again. */
const randomChoice = ({ trials }: TestPlan, seed: number): Table => ({
  title: `${trials.length} faults at random, seed ${seed}`,
  columns: ['fault', 'times'],
  rows: [...new Set(trials.map(t => t.fault))].map(fault => [fault.title, String(trials.filter(t => t.fault === fault).length)]),
})

/** Throws `ApplyFailed` when a fault was not survived as it must be. */
const judge = (trials: readonly Trial[], path: string): void => {
  const bad = trials.filter(t => t.problems.length > 0)
  if (bad.length === 0) return
  const apart = bad.filter(t => endsWithoutService(t.expected)).length
  throw new ApplyFailed(
    `${bad.length} of ${trials.length} faults did not end as they must${apart > 0 ? ` (${apart} of them where no service is expected)` : ''}`,
    {
      detail: bad.map(t => `${t.fault} ${t.run}: ${t.problems.join('; ')}`).join('\n'),
      hint: `look at ${path}.html`,
    },
  )
}

const steps = (context: Context): Resource[] => [
  ...(isClient(context) ? [context.platform.install(context.platform.packages.nfsClient)] : []),
  faultsSurvived(context),
]

export const failoverTest: Role = { name: 'failover-test', summary: 'makes faults while clients work, and reports what they cost', steps }
