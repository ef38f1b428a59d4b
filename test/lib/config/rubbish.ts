import fc from 'fast-check'
import { expect } from 'vitest'
import { ConfigError, ConfigErrors } from '../../../lib/config/error.ts'

/**
 * Possible input of a parser: noise, pieces of its own notation in any order, and valid texts with parts removed, duplicated or inserted.
 */
export const rubbish = (pieces: readonly string[], valid: readonly string[]): fc.Arbitrary<string> => {
  const noise = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }))
  const piece = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: noise })
  const joined = fc.array(piece, { maxLength: 24 }).map(parts => parts.join(''))
  const repeated = fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...pieces), fc.integer({ min: 1, max: 3000 }))
  const changed = fc
    .tuple(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.oneof(joined, fc.constant('')), fc.boolean()), { maxLength: 4 }),
    )
    .map(([text, edits]) => edits.reduce(edited, text))
  return fc.oneof(
    { weight: 4, arbitrary: joined },
    { weight: 4, arbitrary: changed },
    { weight: 1, arbitrary: repeated.map(([one, other, times]) => one.repeat(times) + other) },
    { weight: 1, arbitrary: repeated.map(([one, other, times]) => (one + other).repeat(times)) },
    { weight: 1, arbitrary: noise },
  )
}

const edited = (text: string, [at, length, put, doubled]: [number, number, string, boolean]): string => {
  const start = text.length === 0 ? 0 : at % text.length
  const cut = text.slice(start, start + length)
  return text.slice(0, start) + (doubled ? cut + cut : '') + put + text.slice(start + length)
}

/** Seconds of CPU time that no input of a few kilobytes may exceed. */
const limit = 5

/** The result of an action, or undefined when it refuses correctly: with an operator's error, at a place, in bounded time. */
export const judged = <T>(action: () => T): T | undefined => {
  const before = process.cpuUsage()
  try {
    return action()
  } catch (error) {
    const errors = error instanceof ConfigErrors ? error.errors : [error]
    expect(errors.length).toBeGreaterThan(0)
    for (const one of errors) {
      if (!(one instanceof ConfigError)) throw error
      expect(one.problem).not.toBe('')
      expect(one.file).toEqual(expect.any(String))
    }
    return undefined
  } finally {
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(limit)
  }
}
