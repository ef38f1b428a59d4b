import type { Event, HostRecap } from '../../engine/events.ts'
import { counted, duration } from '../../text/amounts.ts'
import { oneLine, pad, width, wrap } from '../../text/layout.ts'
import { count, type ExitReason, emptyStats, exitReasons, type RunStats } from '../stats.ts'
import type { Palette } from './palette.ts'

/** Data for the end of a run's report, collected from the events. */
export interface Summary {
  stats: RunStats
  check: boolean
  /** Changes by role, in the order of the run. */
  roles: Map<string, number>
  failures: string[]
  /** Hosts of the plays, and those that were not completely read, with the reason: the summary makes no claim about those. */
  hosts: Set<string>
  unread: Map<string, string>
  /** Hosts with an unsupported system, with a description. */
  untested: Map<string, string>
  /** Number of tasks that were judged, and of those left for a later run. */
  judged: number
  pending: number
}

export const emptySummary = (): Summary => ({
  stats: emptyStats(),
  check: false,
  roles: new Map(),
  failures: [],
  hosts: new Set(),
  unread: new Map(),
  untested: new Map(),
  judged: 0,
  pending: 0,
})

export const addToSummary = (sum: Summary, event: Event): void => {
  count(sum.stats, event)
  if (event.type === 'run-start') sum.check = event.check
  addUnread(sum, event)
  if (event.type === 'host-ready' && event.untested !== undefined) sum.untested.set(event.host, event.untested)
  if (event.type === 'host-unreachable') sum.failures.push(`${event.host}: unreachable: ${oneLine(event.message)}`)
  if (event.type !== 'task-end' && event.type !== 'handler-end') return
  if (event.pending) sum.pending += 1
  // On a machine other than the inventory's, only that is judged.
  else if (event.role !== 'identity' || event.status !== 'failed') sum.judged += 1
  if (event.status === 'changed') sum.roles.set(event.role, (sum.roles.get(event.role) ?? 0) + 1)
  if (event.status === 'failed') sum.failures.push(failureOf(event))
}

/** A host counts as unread until its play has ended there. */
const addUnread = ({ hosts, unread }: Summary, event: Event): void => {
  switch (event.type) {
    case 'play-start':
      for (const host of event.hosts) {
        hosts.add(host)
        if (!unread.has(host)) unread.set(host, notReached)
      }
      return
    case 'host-ready':
    case 'task-end':
      for (const host of (event.type === 'task-end' && event.hosts) || [event.host])
        if (unread.get(host) === notReached) unread.delete(host)
      return
    case 'host-unreachable':
      unread.set(event.host, 'unreachable')
      return
    case 'host-stopped':
      if (event.remaining > 0 || !unread.has(event.host)) unread.set(event.host, event.reason)
      return
    case 'locked':
      unread.set(event.host, event.lost ? 'the lock was lost' : 'locked')
      return
    case 'internal-error':
      for (const host of hosts) unread.set(host, 'internal error')
  }
}

const notReached = 'not reached'

const failureOf = (event: Extract<Event, { type: 'task-end' | 'handler-end' }>): string => {
  const what = event.type === 'task-end' ? event.resource : `handler ${event.handler}`
  const where = what === event.role ? what : `${event.role}: ${what}`
  return `${event.host}: ${where}: ${oneLine(event.error?.message ?? event.reason ?? 'failed')}`
}

const counterNames = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'unknown'] as const

/** One aligned line per host, as in Ansible's recap. */
const recapLines = (recap: Record<string, HostRecap>, colors: Palette): string[] => {
  const hosts = Object.entries(recap)
  const nameWidth = Math.max(0, ...hosts.map(([host]) => width(host)))
  const widths = counterNames.map(key => Math.max(...hosts.map(([, counters]) => String(counters[key]).length)))
  return hosts.map(([host, counters]) => {
    const cells = counterNames.map((key, index) => {
      const last = index === counterNames.length - 1
      const cell = pad(`${key}=${counters[key]}`, last ? 0 : key.length + 1 + (widths[index] ?? 0))
      return counters[key] === 0 ? colors.faint(cell) : colors.status[key](cell)
    })
    return `${colorOf(counters, colors)(pad(host, nameWidth))} : ${cells.join('  ')}`
  })
}

const colorOf = (counters: HostRecap, colors: Palette): ((text: string) => string) => {
  if (counters.failed > 0 || counters.unreachable > 0) return colors.status.failed
  if (counters.unknown > 0) return colors.status.unknown
  return counters.changed > 0 ? colors.status.changed : colors.status.ok
}

/** `24 changes in 3m12s`, or that nothing changed, as a second run should say; makes no claim about what was not read. */
const outcomeLine = (sum: Summary, ms: number): string => {
  const { stats, check, failures, hosts, unread, judged } = sum
  const read = [...hosts].filter(host => !unread.has(host))
  const nothing = check ? 'nothing would change' : 'nothing changed'
  const changes = check ? `${counted(stats.changes, 'change')} would be made` : counted(stats.changes, 'change')
  const isWhole = unread.size === 0 && failures.length === 0 && sum.stats.signal === undefined
  const outcome = () => {
    if (stats.changes > 0) return changes
    if (judged === 0) return check ? 'nothing was checked' : 'nothing was done'
    if (isWhole) return nothing
    // A task that failed half-way may have changed something, so there is no claim about that.
    return check && stats.failed === 0 && read.length > 0 ? `${nothing} on ${read.join(', ')}` : changes
  }
  const left = [...unread].map(([host, why]) => `${host} (${oneLine(why)})`).join(', ')
  const end = left === '' ? '' : `; ${check ? 'not fully read' : 'unfinished'}: ${left}`
  return `${[outcome(), ...restOf(sum)].join(', ')}${check && judged > 0 ? ', checked' : ''} in ${duration(ms)}${end}`
}

const restOf = ({ stats, pending }: Summary): string[] => [
  ...(stats.unknown > 0 ? [`${stats.unknown} unknown`] : []),
  ...(pending > 0 ? [`${pending} pending`] : []),
]

/** All reasons for the exit code, the decisive one first. */
const exitLine = (reasons: ExitReason[]): string => `exit code ${reasons.map(({ code, text }) => `${code}: ${text}`).join('; ')}`

/** The report after the last event: changes by role, failures again, recap, outcome. */
export const closingLines = (
  sum: Summary,
  end: Extract<Event, { type: 'run-end' }>,
  colors: Palette,
  columns = Number.POSITIVE_INFINITY,
): string[] => {
  // The exit code tells whether differences count (`--exit-code`, drift): only the engine knows that.
  const reasons = exitReasons(sum.stats, { judge: end.exitCode === 5 })
  const byRole = [...sum.roles].map(([role, changes]) => `${role} ${changes}`).join(' · ')
  return [
    ...(sum.failures.length > 0
      ? [colors.heading('FAILED'), ...sum.failures.flatMap(text => folded(text, columns)).map(text => colors.status.failed(text)), '']
      : []),
    ...(Object.keys(end.recap).length > 0 ? [colors.heading('RECAP'), ...recapLines(end.recap, colors), ''] : []),
    ...[...sum.untested].map(([host, text]) => colors.warning(`${host}: ${oneLine(text)}`)),
    ...(end.exitCode === 0 ? [] : [colors.status.failed(exitLine(deciding(reasons, end.exitCode)))]),
    ...(byRole === '' ? [] : folded(`changes: ${byRole}`, columns).map(text => colors.faint(text))),
    outcomePaint(sum, colors)(outcomeLine(sum, end.ms)),
  ]
}

/** Green means completely read and without problems. */
const outcomePaint = ({ stats, unread, judged, failures }: Summary, colors: Palette): ((text: string) => string) => {
  if (failures.length > 0 || unread.size > 0) return colors.status.failed
  if (stats.changes > 0) return colors.status.changed
  return stats.unknown > 0 || judged === 0 || stats.signal !== undefined ? colors.status.unknown : colors.status.ok
}

/** A line of any length, continued with an indent. */
const folded = (text: string, columns: number) => wrap(text, columns - 2).map((line, index) => (index === 0 ? line : `  ${line}`))

/** The engine's exit code comes first, whether the stats know it or not. */
const deciding = (reasons: ExitReason[], exitCode: number): ExitReason[] => {
  const first = reasons.find(({ code }) => code === exitCode) ?? { code: exitCode, text: 'see above' }
  return [first, ...reasons.filter(({ code }) => code !== exitCode)]
}
