import { duration } from './amounts.ts'
import type { Event, HostRecap } from './events.ts'
import type { Palette } from './palette.ts'
import { count, counted, type ExitReason, emptyScore, exitReasons, type Score } from './score.ts'
import { oneLine, pad, width, wrap } from './text.ts'

/** What the end of a run's report is made of, gathered event by event. */
export interface Tally {
  score: Score
  check: boolean
  /** Changes by role, in the order of the run. */
  roles: Map<string, number>
  failures: string[]
}

export const emptyTally = (): Tally => ({ score: emptyScore(), check: false, roles: new Map(), failures: [] })

export function tally(sum: Tally, event: Event): void {
  count(sum.score, event)
  if (event.type === 'run-start') sum.check = event.check
  if (event.type === 'host-unreachable') sum.failures.push(`${event.host}: unreachable: ${oneLine(event.message)}`)
  if (event.type !== 'task-end' && event.type !== 'handler-end') return
  if (event.status === 'changed') sum.roles.set(event.role, (sum.roles.get(event.role) ?? 0) + 1)
  if (event.status === 'failed') sum.failures.push(failureOf(event))
}

function failureOf(event: Extract<Event, { type: 'task-end' | 'handler-end' }>): string {
  const what = event.type === 'task-end' ? event.resource : `handler ${event.handler}`
  return `${event.host}: ${event.role}: ${what}: ${oneLine(event.error?.message ?? event.reason ?? 'failed')}`
}

const COUNTERS = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'unknown'] as const

/** One line a host, as Ansible's recap, aligned. */
function recapLines(recap: Record<string, HostRecap>, colors: Palette): string[] {
  const hosts = Object.entries(recap)
  const nameWidth = Math.max(0, ...hosts.map(([host]) => width(host)))
  const widths = COUNTERS.map(key => Math.max(...hosts.map(([, counters]) => String(counters[key]).length)))
  return hosts.map(([host, counters]) => {
    const cells = COUNTERS.map((key, index) => {
      const last = index === COUNTERS.length - 1
      const cell = pad(`${key}=${counters[key]}`, last ? 0 : key.length + 1 + (widths[index] ?? 0))
      return counters[key] === 0 ? colors.faint(cell) : colors.status[key](cell)
    })
    return `${colorOf(counters, colors)(pad(host, nameWidth))} : ${cells.join('  ')}`
  })
}

function colorOf(counters: HostRecap, colors: Palette): (text: string) => string {
  if (counters.failed > 0 || counters.unreachable > 0) return colors.status.failed
  if (counters.unknown > 0) return colors.status.unknown
  return counters.changed > 0 ? colors.status.changed : colors.status.ok
}

/** `24 changes in 3m12s`, or that nothing changed, which is what the second run is for. */
function outcomeLine({ score, check, failures }: Tally, ms: number): string {
  const unknown = score.unknown > 0 ? `, ${score.unknown} unknown` : ''
  return check
    ? `${score.changes === 0 ? 'nothing would change' : `${counted(score.changes, 'change')} would be made`}${unknown}, checked in ${duration(ms)}`
    : // What failed half way may have changed something: no claim about that.
      `${score.changes === 0 && failures.length === 0 ? 'nothing changed' : counted(score.changes, 'change')}${unknown} in ${duration(ms)}`
}

/** All reasons for the exit code, the deciding one first. */
function exitLine(reasons: ExitReason[]): string {
  return `exit code ${reasons.map(({ code, text }) => `${code}: ${text}`).join('; ')}`
}

/** The report after the last event: changes by role, failures once more, recap, outcome. */
export function closingLines(
  sum: Tally,
  end: Extract<Event, { type: 'run-end' }>,
  colors: Palette,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  // The engine knows whether differences count (`--exit-code`, drift): its code says so.
  const reasons = exitReasons(sum.score, { judge: end.exitCode === 5 })
  const byRole = [...sum.roles].map(([role, changes]) => `${role} ${changes}`).join(' · ')
  return [
    ...(sum.failures.length > 0
      ? [colors.heading('FAILED'), ...sum.failures.flatMap(text => folded(text, columns)).map(text => colors.status.failed(text)), '']
      : []),
    ...(Object.keys(end.recap).length > 0 ? [colors.heading('RECAP'), ...recapLines(end.recap, colors), ''] : []),
    ...(end.exitCode === 0 ? [] : [colors.status.failed(exitLine(deciding(reasons, end.exitCode)))]),
    ...(byRole === '' ? [] : folded(`changes: ${byRole}`, columns).map(text => colors.faint(text))),
    (sum.score.changes > 0 ? colors.status.changed : colors.status.ok)(outcomeLine(sum, end.ms)),
  ]
}

/** A line of any length, continued with an indent. */
const folded = (text: string, columns: number) => wrap(text, columns - 2).map((line, index) => (index === 0 ? line : `  ${line}`))

/** The code that the engine exits with comes first, known to the score or not. */
function deciding(reasons: ExitReason[], exitCode: number): ExitReason[] {
  const first = reasons.find(({ code }) => code === exitCode) ?? { code: exitCode, text: 'see above' }
  return [first, ...reasons.filter(({ code }) => code !== exitCode)]
}
