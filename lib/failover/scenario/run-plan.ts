import { ApplyFailed } from '../../resources/outcome.ts'
import type { Table } from '../../resources/resource.ts'
import { chartTable } from '../report/chart.ts'
import { readReport, refuseUnwritable, writeReport } from '../report/files.ts'
import type { FailoverReport, Trial } from '../report/record.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { endsWithoutService } from './catalogue.ts'
import type { Planned, TestPlan } from './plan.ts'
import { changeOf, titleOf } from './plan.ts'
import { runTrial } from './trial.ts'

/** Data of the cluster for the report, and where to write it. */
export interface Reporting extends Pick<FailoverReport, 'cluster' | 'timing'> {
  /** Path of the report without its extensions `.html` and `.json`. */
  path: string
  /** The .json of an earlier report, to show beside this one. */
  beside: string | undefined
}

/**
 * Runs the trials of a plan one after the other. The report is written after each, so that an interrupted test leaves its results. Throws
 * `ApplyFailed` when the report cannot be written (before any fault), when a fault did not end as expected, and when interrupted before the
 * last.
 * @param run runs one trial; tests replace it
 */
export const runPlan = async (testbed: Testbed, plan: TestPlan, reporting: Reporting, run = runTrial): Promise<void> => {
  const { hosts } = testbed
  const { path, cluster, timing } = reporting
  refuseUnwritable(path)
  const beside = reporting.beside === undefined ? [] : readReport(reporting.beside).trials
  const report: FailoverReport = {
    version: 1,
    started: new Date().toISOString(),
    cluster,
    timing,
    ...(plan.seed !== undefined && { seed: plan.seed }),
    skipped: plan.skipped,
    trials: [],
  }
  if (plan.seed !== undefined) hosts.show(randomChoice(plan, plan.seed))
  try {
    for (const [i, planned] of plan.trials.entries()) {
      if (hosts.signal.aborted) break
      const place = `${i + 1} of ${plan.trials.length}, ${titleOf(planned)}`
      const percent = (100 * i) / plan.trials.length
      const trial = await run(testbed, planned, text => hosts.progress({ text: `${place}: ${text}`, percent }))
      report.trials.push(trial)
      writeReport(path, report, beside)
      if (trial.wholeAt === undefined) break
    }
  } finally {
    if (report.trials.length > 0) hosts.show(chartTable(report))
  }
  judge(report.trials, path)
  refuseUntried(plan.trials.slice(report.trials.length))
}

/** The seed is shown before anything happens, so that the test can be repeated. */
const randomChoice = ({ trials }: TestPlan, seed: number): Table => ({
  title: `${trials.length} faults at random, seed ${seed}`,
  columns: ['fault', 'times'],
  rows: [...new Set(trials.map(t => t.fault))].map(fault => [fault.title, String(trials.filter(t => t.fault === fault).length)]),
})

const refuseUntried = (left: readonly Planned[]): void => {
  if (left.length > 0) throw new ApplyFailed(`interrupted; not tried: ${left.map(planned => changeOf(planned).attribute).join(', ')}`)
}

const judge = (trials: readonly Trial[], path: string): void => {
  const bad = trials.filter(t => t.problems.length > 0)
  if (bad.length === 0) return
  const apart = bad.filter(t => endsWithoutService(t.expected)).length
  throw new ApplyFailed(
    `${bad.length} of ${trials.length} faults did not end as expected${apart > 0 ? ` (${apart} of them where no service is expected)` : ''}`,
    {
      detail: bad.map(t => `${t.fault} ${t.run}: ${t.problems.join('; ')}`).join('\n'),
      hint: `look at ${path}.html`,
    },
  )
}
