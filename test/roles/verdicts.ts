import { expect } from 'vitest'
import { changesOf, type Verdict } from '../../lib/resources/verdict.ts'

/** Why it was refused; undefined when it was not. */
export const refusalOf = (verdict: Verdict | undefined): string | undefined => (verdict?.kind === 'refused' ? verdict.why : undefined)

/** Expects this number of changes, or a refusal that matches. */
export const expectVerdict = (verdict: Verdict, wanted: number | RegExp): void => {
  if (typeof wanted === 'number') {
    expect(verdict.kind).toBe(wanted === 0 ? 'in-sync' : 'differs')
    expect(changesOf(verdict)).toHaveLength(wanted)
  } else expect(refusalOf(verdict)).toMatch(wanted)
}
