import type { Kind, Operation, Records } from './operations.ts'
import { kinds } from './operations.ts'

/** One operation on the time axis of the report: ms from the fault, and how long it took. */
export interface Timed {
  /** `C1-1`: client and mount. */
  mount: string
  kind: Kind
  at: number
  took: number
  ok: boolean
  detail: string
}

/** The longest wait of each kind of operation, in ms; undefined when there was none. */
export type Stalls = Partial<Record<Kind, number>>

export interface ClientImpact {
  /** From the fault until it was undone. */
  stall: Stalls
  /** From then until the pair was healthy again. */
  returnStall: Stalls
  errors: string[]
  acknowledged: number
  /** Acknowledged records that are not in the files; undefined when these could not be read. */
  lost?: number
  /** Incomplete records in the files; undefined likewise. */
  torn?: number
  /** Every lock holder wrote under its lock to the end, and no operation contradicts that. */
  lockKept: boolean
}

/** Pure: the operations of one client, converted from its clock to ours, as ms from the fault. */
export const timed = (operations: readonly Operation[], ours: (host: number) => number, faultAt: number): Timed[] =>
  operations.map(o => ({
    mount: o.mount,
    kind: o.kind,
    at: Math.round(1000 * (ours(o.start) - faultAt)),
    took: Math.round(1000 * o.took),
    ok: o.ok,
    detail: o.detail,
  }))

/** Pure: the longest of each kind that were in progress between two moments. */
export const stalls = (operations: readonly Timed[], from: number, to: number): Stalls => {
  const under = operations.filter(o => o.at + o.took >= from && o.at < to)
  return Object.fromEntries(
    kinds.flatMap(kind => {
      const took = under.filter(o => o.kind === kind).map(o => o.took)
      return took.length > 0 ? [[kind, took.reduce((a, b) => Math.max(a, b), 0)]] : []
    }),
  )
}

const total = (records: readonly Records[], key: keyof Records): number => records.reduce((all, r) => all + r[key], 0)

/** Pure. `records`: of each writer, undefined when they could not be read; `undoneAt`: ms from the fault. */
export const clientImpactOf = (operations: readonly Timed[], records: readonly Records[] | undefined, undoneAt: number): ClientImpact => {
  const holders = [...new Set(operations.filter(o => o.kind === 'lock').map(o => o.mount))]
  const locks = operations.filter(o => o.kind === 'lock')
  return {
    stall: stalls(operations, 0, undoneAt),
    returnStall: stalls(operations, undoneAt, Number.POSITIVE_INFINITY),
    errors: operations.filter(o => !o.ok).map(o => `${o.mount}: ${o.kind}: ${o.detail}`),
    acknowledged: operations.filter(o => o.kind === 'write' && o.ok).length,
    ...(records && { lost: total(records, 'lost'), torn: total(records, 'torn') }),
    lockKept: holders.length > 0 && locks.every(o => o.ok),
  }
}

/**
 * Pure: the operations to draw: each that failed or took longer than `bucket` ms, and otherwise the longest of those that are alike (of one
 * kind and mount by default) in every `bucket` ms.
 */
export const thinned = (operations: readonly Timed[], bucket: number, alike = (o: Timed): string => `${o.mount} ${o.kind}`): Timed[] => {
  const longest = new Map<string, Timed>()
  const kept: Timed[] = []
  for (const o of operations) {
    const key = `${alike(o)} ${Math.floor(o.at / bucket)}`
    if (!o.ok || o.took > bucket) kept.push(o)
    else if ((longest.get(key)?.took ?? -1) < o.took) longest.set(key, o)
  }
  return [...kept, ...longest.values()].sort((a, b) => a.at - b.at)
}
