import { describe, expect, test } from 'vitest'
import { bytes, clock, duration, rate } from '../../../lib/text/amounts.ts'

describe('amounts', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [112 * 1024 ** 2, '112 MiB'],
    [1023 * 1024 ** 2, '1.0 GiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
  ])('%d bytes are %s', (count, text) => {
    expect(bytes(count)).toBe(text)
  })

  test('a rate is in bytes per second', () => expect(rate(112 * 1024 ** 2)).toBe('112 MiB/s'))

  test.each([
    [0, '0:00'],
    [12, '0:12'],
    [59.6, '1:00'],
    [3723, '1:02:03'],
  ])('%d s on a clock are %s', (seconds, text) => {
    expect(clock(seconds)).toBe(text)
  })

  test.each([
    [40, '40ms'],
    [1234, '1.2s'],
    [59_960, '1m00s'],
    [192_000, '3m12s'],
    [3_720_000, '1h02m'],
  ])('%d ms take %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})
