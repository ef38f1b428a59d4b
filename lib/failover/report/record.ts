import { counted } from '../../text/amounts.ts'
import type { ClientImpact, Timed } from '../clients/client-impact.ts'
import type { EndState } from '../scenario/catalogue.ts'
import type { NodeEvent } from '../testbed/node-log.ts'

/** One injected fault and everything observed. Times are ms from the fault, on the clock of the machine that ran the test. */
export interface Trial extends ClientImpact {
  fault: string
  title: string
  article?: string
  stack: 'lean' | 'article'
  /** From 1, for each fault. */
  run: number
  /** When the fault was injected, ISO 8601. */
  madeAt: string
  /** The node that was active before. */
  holder: string
  /** The two nodes. */
  hosts: string[]
  /** The nodes that it was injected on. */
  on: string[]
  /** It stops everything there at once, before anything can be logged: power loss, reset, freeze. */
  silences: boolean
  undo: string
  expected: EndState
  /** The end state; undefined when none of the four was reached in time. */
  actual?: EndState
  /** When the end state was reached, seen from outside; undefined when it was not. */
  endReached?: number
  /** The first log line of a node that shows that it has noticed the fault. */
  detected?: number
  /** When the first node logs that it serves again. */
  tookOver?: number
  /** A standby whose copy still counted as good at that time, although the other node continued without it. */
  unmarked?: string
  undoneAt: number
  /** When the pair was healthy again; undefined when it was not in time. */
  wholeAt?: number
  stateAfter: string
  /** After a split brain: the node whose changes the test discarded, as an operator would. */
  discarded?: string
  /** How far each host's clock is ahead of ours, and the uncertainty of that, ms: before and after. */
  clocks: Record<string, { offset: number; error: number }[]>
  /** A client had died before, holding an open file and a lock. */
  deadClient: boolean
  operations: Timed[]
  events: NodeEvent[]
  /** The surrounding, if there was one. */
  surrounding?: Around
  /** All violated expectations; empty when the fault was survived. */
  problems: string[]
}

/** The surrounding of a fault, and who reported it. */
export interface Around {
  name: string
  mustBeReported: boolean
  /** What status.yml and drift reported then, but not before. */
  reported: string[]
  /** Why a planned switchover was refused. */
  refused?: string
  /** Problems that the surrounding itself has seen. */
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
  /** Faults that were not injected, and why. */
  skipped: { fault: string; reason: string }[]
  trials: Trial[]
}

/**
 * Pure: the problems of a trial. If the expected end is no service, clients may wait and an operator has to decide, but nothing may break
 * silently.
 */
export const problemsOf = (trial: Omit<Trial, 'problems'>): string[] => [
  ...(trial.actual === trial.expected ? [] : [`ended ${endName(trial.actual)}, expected ${endName(trial.expected)}`]),
  ...(trial.wholeAt === undefined ? [`not healthy afterwards: ${trial.stateAfter}`] : []),
  ...(trial.discarded !== undefined && trial.expected !== 'split' ? [`split brain: what ${trial.discarded} wrote was discarded`] : []),
  ...(trial.unmarked === undefined ? [] : [`${trial.unmarked} could have become active with its older copy`]),
  ...(trial.errors.length > 0 ? [`${counted(trial.errors.length, 'failed operation')}: ${trial.errors[0]}`] : []),
  ...(trial.acknowledged > 0 && trial.lost === undefined ? ['the records could not be read afterwards'] : []),
  ...(trial.lost ? [`${counted(trial.lost, 'acknowledged record')} lost`] : []),
  ...(trial.torn ? [`${counted(trial.torn, 'torn record')}`] : []),
  ...(trial.acknowledged > 0 && !trial.lockKept ? ['a lock was lost'] : []),
  ...(trial.surrounding === undefined ? [] : surroundingProblems(trial, trial.surrounding)),
]

/** A surrounding must not turn a failover into an outage: either clients are served as usual, or it was reported before. */
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

/** The four end states as text. */
export const endName = (end: EndState | undefined): string =>
  end === undefined
    ? 'in an unknown state'
    : { moved: 'on the other node', stays: 'where it was', none: 'without service', split: 'on both nodes' }[end]

/** Pure: the median, rounded; undefined for no values. */
export const median = (values: readonly number[]): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  const [one, other] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return one === undefined || other === undefined ? undefined : Math.round((one + other) / 2)
}
