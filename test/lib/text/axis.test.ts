import { expect, test } from 'vitest'
import { percentAt, stretchOf, ticksOf } from '../../../lib/text/axis.ts'

test('positions on an axis', () => {
  expect(percentAt({ from: -1_000, to: 3_000 }, 0)).toBe(25)
  expect(stretchOf({ from: 0, to: 1_000 }, -500, 500)).toEqual({ x: 0, width: 50 })
  expect(stretchOf({ from: 0, to: 1_000 }, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toEqual({ x: 0, width: 100 })
  expect(stretchOf({ from: 0, to: 1_000 }, 1_001, 2_000)).toBeUndefined()
})

test('round ticks', () => {
  expect(ticksOf({ from: -2_500, to: 5_000 }, 9)).toEqual([-2_000, -1_000, 0, 1_000, 2_000, 3_000, 4_000, 5_000])
  expect(ticksOf({ from: -5_000, to: 92_000 }, 9)).toEqual([0, 20_000, 40_000, 60_000, 80_000])
})
