import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closest, didYouMean, editDistance } from '../../../lib/config/suggest.ts'

const word = fc.string({ maxLength: 12 })

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['kitten', 'sitting', 3],
    ['hosts', 'hsots', 1],
    ['', 'abc', 3],
  ])('from %j to %j is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance)
  })

  it('is a metric: symmetric, zero only for equal words, at most the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
      }),
    )
  })
})

it('suggests the closest known word, and none for a word that is far from all', () => {
  expect(closest('heartbeat_deadtme', ['heartbeat_deadtime', 'heartbeat_warntime'])).toBe('heartbeat_deadtime')
  expect(didYouMean('NFS', ['nfs', 'base'])).toBe("did you mean 'nfs'?")
  expect(didYouMean('xyz', ['nfs', 'base'])).toBeUndefined()
})
