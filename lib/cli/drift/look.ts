import { watch } from '../../../roles/status/watch.ts'
import type { Vars } from '../../../roles/vars.ts'
import type { Event } from '../../engine/events.ts'
import type { PlayPlan } from '../../engine/play.ts'
import { driftLines, onChange } from '../../report/drift/lines.ts'
import { driftReport } from '../../report/drift/report.ts'
import { statusFormats } from '../../report/open-view.ts'
import { complain, print, printJson } from '../../report/output.ts'
import { palette } from '../../report/parts/palette.ts'
import { plainLines } from '../../report/views/plain-lines.ts'
import { exitCodes, type PlayArguments, UsageError } from '../options.ts'
import { profiler, refuseProfile } from '../run/profiling.ts'
import { preparePlay, refuseIdle, runPrepared, toldList } from '../run/run-playbook.ts'
import type { DriftOptions } from './options.ts'
import { handOut, refuseUnwritable, remembered, tellSyslog, writeMetrics, writeReport } from './outputs.ts'

/** Adds the watch role to a play that includes nodes, whatever tags are selected. Clients have no service to watch. */
export const watched = (play: PlayPlan<Vars>): PlayPlan<Vars> =>
  play.targets.some(({ hosts, cluster }) => hosts.some(h => cluster.nodes.some(n => n.name === h.name)))
    ? { ...play, roles: [...play.roles, watch], selects: tags => tags[0] === watch.name || play.selects(tags) }
    : play

/** Drift has its own lines and report, so a format of the status would silently be ignored. */
const refuseForms = ({ output, watch }: PlayArguments): void => {
  if (watch) throw new UsageError('--watch is for status.yml, not for drift')
  if (output !== undefined && statusFormats.includes(output)) throw new UsageError(`--output ${output} is for status.yml, not for drift`)
}

/**
 * Runs check mode over the whole play and the service, and judges the events. Prints only what differs; takes no lock and writes nothing on
 * a host. Resolves with the exit code.
 */
export const drift = async (argument: string, options: PlayArguments, outputs: DriftOptions): Promise<number> => {
  refuseUnwritable(outputs)
  refuseForms(options)
  refuseProfile(options)
  const prepared = await preparePlay(argument, options)
  if (toldList(prepared, options)) return 0
  refuseIdle(argument, prepared, options)
  if (options.syntaxCheck) return 0
  const plan = { ...prepared.plan, plays: prepared.plan.plays.map(watched) }
  const profiling = await profiler(options)
  const events: Event[] = []
  const keep = (event: Event) => {
    if (event.type !== 'task-start' && event.type !== 'table' && event.type !== 'status') events.push(event)
  }
  await runPrepared(argument, { ...prepared, plan }, { ...options, check: true }, { watch: [keep, ...profiling.watch], drift: true })
  const report = driftReport(events, argument)
  const { report: reportFile, metrics: metricsFile } = outputs
  const memory = outputs.onChangeOnly
    ? remembered([argument, ...(options.inventory ?? []), options.limit ?? '', ...(options.tags ?? [])])
    : undefined
  const { lines, told } = memory ? onChange(report, memory.told, new Date()) : { lines: driftLines(report), told: undefined }
  const faults = events.flatMap(e => (e.type === 'internal-error' ? [`internal error: ${e.message}`] : []))
  const jsonl = options.output === 'jsonl' ? report.findings.filter(f => f.alarm).map(f => JSON.stringify(f)) : lines
  if (options.output === 'jsonl') printJson(jsonl.map(line => `${line}\n`).join(''))
  else print(jsonl.map(line => `${line}\n`).join(''))
  complain(faults.map(line => `${line}\n`).join(''))
  profiling.end(event =>
    complain(
      plainLines(event as Event, { check: true, diff: false, verbosity: 0 }, palette(0))
        .map(line => `${line}\n`)
        .join(''),
    ),
  )
  if (outputs.syslog) tellSyslog(lines)
  const went = [
    reportFile === undefined || handOut(`--report ${reportFile}`, () => writeReport(reportFile, report)),
    metricsFile === undefined || handOut(`--metrics ${metricsFile}`, () => writeMetrics(metricsFile, report)),
    // Last: what could not be reported is reported by the next run.
    memory === undefined || handOut('--on-change-only: state file', () => memory.keep(told)),
  ]
  return report.exitCode || (went.includes(false) ? exitCodes.usage : exitCodes.fine)
}
