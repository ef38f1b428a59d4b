import type { EndingSignal, Event, HostRecap, TaskStatus } from '../engine/events.ts'

/** Why a run ends with a code other than 0. */
export interface ExitReason {
  code: number
  text: string
}

/** What a run came to: kept up event by event, so that recap and exit code need no second look. */
export interface Score {
  recap: Record<string, HostRecap>
  /** Tasks and handlers that changed (in check mode: would change), a cluster's counted once. */
  changes: number
  unknown: number
  failed: number
  locked: number
  /** The run held the lock, and lost it. */
  lockLost: boolean
  signal: EndingSignal | undefined
  internal: boolean
}

export const emptyScore = (): Score => ({
  recap: {},
  changes: 0,
  unknown: 0,
  failed: 0,
  locked: 0,
  lockLost: false,
  signal: undefined,
  internal: false,
})

/** Adds one event to the score, in place: a run has thousands. */
export function count(score: Score, event: Event): void {
  switch (event.type) {
    case 'play-start':
      for (const host of event.hosts) countersOf(score, host)
      return
    case 'task-end':
      countEnd(score, event.hosts ?? [event.host], event.status)
      return
    case 'handler-end':
      countEnd(score, [event.host], event.status)
      return
    case 'host-unreachable':
      countersOf(score, event.host).unreachable += 1
      return
    case 'locked':
      if (event.lost) score.lockLost = true
      else score.locked += 1
      return
    case 'interrupted':
      score.signal = event.signal
      return
    case 'internal-error':
      score.internal = true
  }
}

/** A cluster's resource is one row and one change, and counts for every host that it names. */
function countEnd(score: Score, hosts: string[], status: TaskStatus): void {
  if (status === 'changed') score.changes += 1
  if (status === 'unknown') score.unknown += 1
  if (status === 'failed') score.failed += 1
  for (const host of hosts) countStatus(countersOf(score, host), status)
}

/** As Ansible counts: what changed is ok as well. */
export function countStatus(counters: HostRecap, status: TaskStatus): void {
  counters[status] += 1
  if (status === 'changed') counters.ok += 1
}

function countersOf(score: Score, host: string): HostRecap {
  score.recap[host] ??= noCounters()
  return score.recap[host]
}

export const noCounters = (): HostRecap => ({ ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, unknown: 0 })

export function scoreOf(events: Iterable<Event>): Score {
  const score = emptyScore()
  for (const event of events) count(score, event)
  return score
}

/** Ansible's counters of each host, in the order in which the hosts came up. */
export const recapOf = (events: Iterable<Event>): Record<string, HostRecap> => scoreOf(events).recap

/** `judge`: differences and unknowns count against the run (`drift`, or `--check --exit-code`). */
export interface Verdict {
  judge?: boolean
}

/** What a shell says of a process that the signal ended. */
export const signalCodes: Record<EndingSignal, number> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** All reasons for a code other than 0, the one to exit with first. */
export function exitReasons(score: Score, { judge = false }: Verdict = {}): ExitReason[] {
  const unreachable = Object.values(score.recap).filter(host => host.unreachable > 0).length
  const all: [boolean, number, string][] = [
    [score.internal, 1, 'internal error'],
    [score.signal === 'SIGHUP', signalCodes.SIGHUP, 'the terminal was closed'],
    [score.signal === 'SIGINT', signalCodes.SIGINT, 'interrupted'],
    [score.signal === 'SIGTERM', signalCodes.SIGTERM, 'terminated'],
    // Before what failed: it is why.
    [score.lockLost, 6, 'the lock was lost'],
    [score.failed > 0, 3, `${counted(score.failed, 'task')} failed`],
    [unreachable > 0, 4, `${counted(unreachable, 'host')} unreachable`],
    [score.locked > 0, 6, 'locked by another run'],
    [judge && score.changes + score.unknown > 0, 5, driftText(score)],
  ]
  return all.filter(([applies]) => applies).map(([, code, text]) => ({ code, text }))
}

function driftText({ changes, unknown }: Score): string {
  return [changes > 0 && counted(changes, 'difference'), unknown > 0 && `${unknown} unknown`].filter(part => part !== false).join(', ')
}

export const exitCodeOf = (events: Iterable<Event>, verdict?: Verdict): number => exitReasons(scoreOf(events), verdict)[0]?.code ?? 0

export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
