import type { EndState } from '../scenario/catalogue.ts'
import type { Trial } from './record.ts'
import { median } from './record.ts'

/** Median and worst of some durations in ms. */
export interface Spread {
  median: number
  worst: number
  /** All values. */
  all: number[]
}

/** All runs of one fault on one stack. */
export interface FaultSummary {
  fault: string
  title: string
  article?: string
  stack: Trial['stack']
  expected: EndState
  runs: number
  asExpected: number
  detected?: Spread
  tookOver?: Spread
  write?: Spread
  open?: Spread
  create?: Spread
  returnWrite?: Spread
  errors: number
  acknowledged: number
  /** Undefined when the records of a run could not be read. */
  lost?: number
  torn?: number
  locksKept: number
  /** Runs with working clients. */
  withClients: number
  problems: string[]
  trials: Trial[]
}

const spread = (values: readonly (number | undefined)[]): Spread | undefined => {
  const all = values.filter(v => v !== undefined)
  const middle = median(all)
  return middle === undefined ? undefined : { median: middle, worst: Math.max(...all), all }
}

const total = (values: readonly (number | undefined)[]): number | undefined =>
  values.reduce<number | undefined>((sum, v) => (sum === undefined || v === undefined ? undefined : sum + v), 0)

const summaryOf = (trials: Trial[]): FaultSummary[] => {
  const [first] = trials
  if (!first) return []
  const figures = {
    detected: spread(trials.map(t => t.detected)),
    tookOver: spread(trials.map(t => t.tookOver)),
    write: spread(trials.map(t => t.stall.write)),
    open: spread(trials.map(t => t.stall.open)),
    create: spread(trials.map(t => t.stall.create)),
    returnWrite: spread(trials.map(t => t.returnStall.write)),
    lost: total(trials.map(t => t.lost)),
    torn: total(trials.map(t => t.torn)),
  }
  const known = Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as Partial<
    Pick<FaultSummary, 'detected'>
  >
  return [
    {
      fault: first.fault,
      title: first.title,
      ...(first.article !== undefined && { article: first.article }),
      stack: first.stack,
      expected: first.expected,
      runs: trials.length,
      asExpected: trials.filter(t => t.actual === t.expected).length,
      ...known,
      errors: trials.reduce((sum, t) => sum + t.errors.length, 0),
      acknowledged: trials.reduce((sum, t) => sum + t.acknowledged, 0),
      locksKept: trials.filter(t => t.acknowledged > 0 && t.lockKept).length,
      withClients: trials.filter(t => t.acknowledged > 0).length,
      problems: trials.flatMap(t => t.problems.map(p => (trials.length > 1 ? `run ${t.run}: ${p}` : p))),
      trials,
    },
  ]
}

/** Pure: summarizes the runs of each fault, in the order of their first runs; the same fault on another stack comes next to it. */
export const summariesOf = (trials: readonly Trial[]): FaultSummary[] => {
  const faults = [...new Set(trials.map(t => t.fault))]
  return faults.flatMap(fault =>
    (['lean', 'article'] as const).flatMap(stack => summaryOf(trials.filter(t => t.fault === fault && t.stack === stack))),
  )
}
