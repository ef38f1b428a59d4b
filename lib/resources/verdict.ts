import type { Skipped, Unknown } from './reading.ts'

/** One differing attribute. `diff` requests a unified diff of two texts from the views; `secret` values are never shown. */
export interface Change {
  attribute: string
  from: string
  to: string
  diff?: boolean
  secret?: boolean
  /** The documented code of a problem that no run repairs: `drbd-standalone`. */
  code?: string
  /** For a cluster resource: the affected host. */
  host?: string
  /** For a problem that no run repairs: the operator's next step, as a command if possible. */
  remedy?: string
}

/** Not as desired, but it must not be changed: the task fails with `why`. */
export interface Refused {
  kind: 'refused'
  why: string
}

/**
 * The result of a comparison. `differs` has at least one change; applying the changes repairs the resource. `summary` replaces them where
 * they are shown elsewhere. `unknown` and `skipped` mean the same as in a reading.
 */
export type Verdict = { kind: 'in-sync' } | { kind: 'differs'; changes: Change[]; summary?: string } | Refused | Unknown | Skipped

export const inSync: Verdict = { kind: 'in-sync' }
export const refused = (why: string): Refused => ({ kind: 'refused', why })

/** In sync when there is no change. */
export const differsBy = (changes: Change[]): Verdict => (changes.length === 0 ? inSync : { kind: 'differs', changes })

/** Refused when there is a problem: one line each. */
export const refusedFor = (problems: string[]): Verdict => (problems.length === 0 ? inSync : refused(problems.join('\n')))

/** The changes of a verdict: none unless it is `differs`. */
export const changesOf = (verdict: Verdict): Change[] => (verdict.kind === 'differs' ? verdict.changes : [])

/** Combines several verdicts: the first that is neither `in-sync` nor `differs` wins, otherwise all changes are merged. */
export const allOf = (verdicts: Verdict[]): Verdict =>
  verdicts.find(v => v.kind !== 'in-sync' && v.kind !== 'differs') ?? differsBy(verdicts.flatMap(changesOf))

/** The same verdict with each change reworded, for example to name its host. */
export const reworded = (verdict: Verdict, change: (change: Change) => Change): Verdict =>
  verdict.kind === 'differs' ? { ...verdict, changes: verdict.changes.map(change) } : verdict
