import type { Change, Plan, Refused, Step, Verdict } from './resource.ts'

export const inSync: Verdict = { kind: 'in-sync' }
export const refused = (why: string): Refused => ({ kind: 'refused', why })

/** In sync when there is no change. */
export const differsBy = (changes: Change[]): Verdict => (changes.length === 0 ? inSync : { kind: 'differs', changes })

/** Refused when there is a problem: one line each. */
export const refusedFor = (problems: string[]): Verdict => (problems.length === 0 ? inSync : refused(problems.join('\n')))

/** A plan of the given steps without those that are `false` (not due). */
export const planOf = (steps: (Step | false)[]): Plan => ({ kind: 'steps', steps: steps.filter(step => step !== false) })

/** The changes of a verdict: none unless it is `differs`. */
export const changesOf = (verdict: Verdict): Change[] => (verdict.kind === 'differs' ? verdict.changes : [])

/** Combines several verdicts: the first that is neither `in-sync` nor `differs` wins, otherwise all changes are merged. */
export const allOf = (verdicts: Verdict[]): Verdict =>
  verdicts.find(v => v.kind !== 'in-sync' && v.kind !== 'differs') ?? differsBy(verdicts.flatMap(changesOf))

/** The same verdict with each change reworded, for example to name its host. */
export const reworded = (verdict: Verdict, change: (change: Change) => Change): Verdict =>
  verdict.kind === 'differs' ? { ...verdict, changes: verdict.changes.map(change) } : verdict
