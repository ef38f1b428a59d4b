import type { Kind, Operation, Records } from './operations.ts'
import { kinds } from './operations.ts'

/** One operation on the report's time axis: ms from the fault, and how long it took. */
export interface Timed {
  /** `C1-1`: client and mount. */
  mount: string
  kind: Kind
  at: number
  took: number
  ok: boolean
  detail: string
}

/** The longest wait of each kind of work, in ms; undefined when it did none. */
export type Stalls = Partial<Record<Kind, number>>

export interface ClientImpact {
  /** Between the fault and its undoing. */
  stall: Stalls
  /** From its undoing until the pair was whole. */
  returnStall: Stalls
  errors: string[]
  acknowledged: number
  /** Acknowledged records that are not in the files; undefined when these could not be read. */
  lost?: number
  /** Half records in the files; undefined likewise. */
  torn?: number
  /** Every lock holder wrote under its lock to the end, and no operation said otherwise. */
  lockKept: boolean
}

/** Pure: operations of one client, its clock's times made ours, as ms from the fault. */
export const timed = (operations: readonly Operation[], ours: (host: number) => number, faultAt: number): Timed[] =>
  operations.map(o => ({
    mount: o.mount,
    kind: o.kind,
    at: Math.round(1000 * (ours(o.start) - faultAt)),
    took: Math.round(1000 * o.took),
    ok: o.ok,
    detail: o.detail,
  }))

/** Pure: the longest of each kind among those under way between two moments. */
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
 * Pure: what is kept of the operations for a picture: each that failed or took longer than `bucket` ms, and of the others the longest of
 * those that are alike, mount by mount unless told otherwise, in every `bucket` ms.
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
