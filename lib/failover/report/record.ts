import type { ClientImpact, Timed } from '../clients/client-impact.ts'
import type { EndState } from '../scenario/catalogue.ts'
import type { NodeEvent } from '../testbed/node-log.ts'

/** One fault that was made, with all that was seen. Times are ms from the fault, on the clock of the machine that ran the test. */
export interface Trial extends ClientImpact {
  fault: string
  title: string
  article?: string
  stack: 'lean' | 'article'
  /** From 1, for each fault. */
  run: number
  /** When the fault was made, ISO 8601. */
  madeAt: string
  /** Who served before. */
  holder: string
  /** The two nodes. */
  hosts: string[]
  /** Those that it was made on. */
  on: string[]
  /** It ends all that runs there at one stroke, before anything can be logged: power loss, reset, freeze. */
  silences: boolean
  undo: string
  expected: EndState
  /** What it came to; undefined when it was none of the four in the time given. */
  actual?: EndState
  /** When the end was reached, seen from outside; undefined when it was not. */
  endReached?: number
  /** The first line of a node's log that shows it has noticed. */
  detected?: number
  /** The first node says that it serves again. */
  tookOver?: number
  /** A standby whose copy still counted as good then, although the other went on without it. */
  unmarked?: string
  undoneAt: number
  /** When the pair was whole again; undefined when it was not in the time given. */
  wholeAt?: number
  stateAfter: string
  /** After a split brain: the node whose changes the test threw away, as an operator would. */
  discarded?: string
  /** How far each host's clock is ahead of ours and how sure that is, ms: before and after. */
  clocks: Record<string, { offset: number; error: number }[]>
  /** A client had died before, holding an open file and a lock. */
  deadClient: boolean
  operations: Timed[]
  events: NodeEvent[]
  /** What was wrong around it. */
  surrounding?: Around
  /** All that was not as it must be; empty when the fault was survived. */
  problems: string[]
}

/** What was made around a fault, and who reported it. */
export interface Around {
  name: string
  mustBeReported: boolean
  /** What status.yml and drift reported then, and not before. */
  reported: string[]
  /** Why a planned switchover was refused. */
  refused?: string
  /** What the surrounding itself has seen go wrong. */
  problems: string[]
  /** ms that a client may wait when nothing is reported. */
  usualMs: number
}

/** The .json of a test: docs/failover.md. */
export interface FailoverReport {
  version: 1
  started: string
  cluster: string
  /** heartbeat's own times, as configured. */
  timing: Record<'keepalive' | 'warntime' | 'deadtime', string>
  seed?: number
  /** Faults that were not made, and why. */
  skipped: { fault: string; reason: string }[]
  trials: Trial[]
}

/** Pure: what speaks against a trial. Where no service is the expected end, clients may wait and an operator has to choose, but nothing may break silently. */
export const problemsOf = (trial: Omit<Trial, 'problems'>): string[] => [
  ...(trial.actual === trial.expected ? [] : [`ended ${endName(trial.actual)}, expected ${endName(trial.expected)}`]),
  ...(trial.wholeAt === undefined ? [`not healthy afterwards: ${trial.stateAfter}`] : []),
  ...(trial.discarded !== undefined && trial.expected !== 'split' ? [`split brain: what ${trial.discarded} wrote was discarded`] : []),
  ...(trial.unmarked === undefined ? [] : [`${trial.unmarked} could have been given the service with its older copy`]),
  ...(trial.errors.length > 0 ? [`${trial.errors.length} operations failed: ${trial.errors[0]}`] : []),
  ...(trial.acknowledged > 0 && trial.lost === undefined ? ['the records could not be read afterwards'] : []),
  ...(trial.lost ? [`${trial.lost} acknowledged records are lost`] : []),
  ...(trial.torn ? [`${trial.torn} records are torn`] : []),
  ...(trial.acknowledged > 0 && !trial.lockKept ? ['a lock was lost'] : []),
  ...(trial.surrounding === undefined ? [] : surroundingProblems(trial, trial.surrounding)),
]

/** No surrounding may turn a failover into an outage: clients are served as usual, or somebody has been told before. */
const surroundingProblems = ({ stall, expected }: Omit<Trial, 'problems'>, around: Around): string[] => {
  const longest = Math.max(0, ...Object.values(stall))
  return [
    ...(around.mustBeReported && around.reported.length === 0 ? ['neither status.yml nor drift reported the surrounding'] : []),
    ...(around.reported.length === 0 && expected !== 'none' && longest > around.usualMs
      ? [`a client waited ${longest} ms, and nothing had been reported`]
      : []),
    ...around.problems,
  ]
}

/** The four ends in words. */
export const endName = (end: EndState | undefined): string =>
  end === undefined
    ? 'in an unknown state'
    : { moved: 'on the other node', stays: 'where it was', none: 'without service', split: 'on both nodes' }[end]

/** Pure: the middle one, or what lies between the two in the middle, rounded; undefined of none. */
export const median = (values: readonly number[]): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  const [one, other] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return one === undefined || other === undefined ? undefined : Math.round((one + other) / 2)
}
