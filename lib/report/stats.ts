import type { EndingSignal, Event, HostRecap, TaskStatus } from '../engine/events.ts'
import { counted } from '../text/amounts.ts'

/** A reason for an exit code other than 0. */
export interface ExitReason {
  code: number
  text: string
}

/** Statistics of a run, updated with each event, so that recap and exit code need no second pass. */
export interface RunStats {
  recap: Record<string, HostRecap>
  /** Tasks and handlers that changed (in check mode: would change); one of a cluster counts once. */
  changes: number
  unknown: number
  failed: number
  locked: number
  /** The run held the lock, and lost it. */
  lockLost: boolean
  signal: EndingSignal | undefined
  internal: boolean
}

export const emptyStats = (): RunStats => ({
  recap: {},
  changes: 0,
  unknown: 0,
  failed: 0,
  locked: 0,
  lockLost: false,
  signal: undefined,
  internal: false,
})

/** Adds an event in place: a run has thousands. */
export const count = (stats: RunStats, event: Event): void => {
  switch (event.type) {
    case 'play-start':
      for (const host of event.hosts) countersOf(stats, host)
      return
    case 'task-end':
      countEnd(stats, event.hosts ?? [event.host], event.status)
      return
    case 'handler-end':
      countEnd(stats, [event.host], event.status)
      return
    case 'host-unreachable':
      countersOf(stats, event.host).unreachable += 1
      return
    case 'locked':
      if (event.lost) stats.lockLost = true
      else stats.locked += 1
      return
    case 'interrupted':
      stats.signal = event.signal
      return
    case 'internal-error':
      stats.internal = true
  }
}

/** A cluster resource is one row and one change, and counts for every host that it names. */
const countEnd = (stats: RunStats, hosts: string[], status: TaskStatus): void => {
  if (status === 'changed') stats.changes += 1
  if (status === 'unknown') stats.unknown += 1
  if (status === 'failed') stats.failed += 1
  for (const host of hosts) countStatus(countersOf(stats, host), status)
}

/** As in Ansible, changed counts as ok too. */
export const countStatus = (counters: HostRecap, status: TaskStatus): void => {
  counters[status] += 1
  if (status === 'changed') counters.ok += 1
}

const countersOf = (stats: RunStats, host: string): HostRecap => {
  stats.recap[host] ??= noCounters()
  return stats.recap[host]
}

export const noCounters = (): HostRecap => ({ ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, unknown: 0 })

export const statsOf = (events: Iterable<Event>): RunStats => {
  const stats = emptyStats()
  for (const event of events) count(stats, event)
  return stats
}

/** Ansible's counters of each host, in the order in which the hosts appeared. */
export const recapOf = (events: Iterable<Event>): Record<string, HostRecap> => statsOf(events).recap

/** `judge`: differences and unknowns fail the run (`drift`, or `--check --exit-code`). */
export interface ExitPolicy {
  judge?: boolean
}

/** Exit codes that a shell reports for a process ended by the signal. */
export const signalCodes: Record<EndingSignal, number> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** All reasons for a code other than 0; the run exits with the first. */
export const exitReasons = (stats: RunStats, { judge = false }: ExitPolicy = {}): ExitReason[] => {
  const unreachable = Object.values(stats.recap).filter(host => host.unreachable > 0).length
  const all: [boolean, number, string][] = [
    [stats.internal, 1, 'internal error'],
    [stats.signal === 'SIGHUP', signalCodes.SIGHUP, 'the terminal was closed'],
    [stats.signal === 'SIGINT', signalCodes.SIGINT, 'interrupted'],
    [stats.signal === 'SIGTERM', signalCodes.SIGTERM, 'terminated'],
    // Before the failures, because it causes them.
    [stats.lockLost, 6, 'the lock was lost'],
    [stats.failed > 0, 3, `${counted(stats.failed, 'task')} failed`],
    [unreachable > 0, 4, `${counted(unreachable, 'host')} unreachable`],
    [stats.locked > 0, 6, 'locked by another run'],
    [judge && stats.changes + stats.unknown > 0, 5, driftText(stats)],
  ]
  return all.filter(([applies]) => applies).map(([, code, text]) => ({ code, text }))
}

const driftText = ({ changes, unknown }: RunStats): string =>
  [changes > 0 && counted(changes, 'difference'), unknown > 0 && `${unknown} unknown`].filter(part => part !== false).join(', ')

export const exitCodeOf = (events: Iterable<Event>, policy?: ExitPolicy): number => exitReasons(statsOf(events), policy)[0]?.code ?? 0
