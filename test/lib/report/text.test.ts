import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes, clock, duration, rate } from '../../../lib/report/amounts.ts'
import { palette } from '../../../lib/report/palette.ts'
import { tableLines } from '../../../lib/report/table.ts'
import { cut, lastLines, oneLine, pad, width, wrap } from '../../../lib/report/text.ts'

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

  test('a rate is bytes a second', () => expect(rate(112 * 1024 ** 2)).toBe('112 MiB/s'))

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

describe('text', () => {
  test('counts columns, not characters or colours', () => {
    expect(width('ベータ')).toBe(6)
    expect(width('\u001b[31mred\u001b[0m')).toBe(3)
    expect(width('e\u0301')).toBe(1)
  })

  test('cuts and pads to columns', () => {
    expect(cut('ベータ版', 6)).toBe('ベー…')
    expect(pad(cut('ベータ版', 6), 6)).toBe('ベー… ')
    expect(cut('abc', 3)).toBe('abc')
    expect(cut('abcd', 0)).toBe('')
  })

  test('never exceeds the columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 30 }), (text, columns) => width(cut(oneLine(text), columns)) <= columns),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 30 }), (text, columns) =>
        wrap(text, columns).every(line => width(line) <= columns),
      ),
    )
  })

  test('puts lines onto one, and findings apart', () => {
    expect(oneLine('heartbeat on M1: stopped\n  virtual IP: on no node\n')).toBe('heartbeat on M1: stopped; virtual IP: on no node')
    expect(oneLine('the nodes differ:\n\n1, \n2.\tThat is\nall')).toBe('the nodes differ: 1, 2. That is; all')
  })

  test('keeps the last lines', () => {
    expect(lastLines('1\n2\n3\n', 5)).toEqual(['1', '2', '3'])
    expect(lastLines('1\n2\n3\n', 2)).toEqual(['… 1 lines above', '2', '3'])
  })
})

describe('table', () => {
  const rows = [
    ['M1', '7%', '10.0.0.1', 'Primary'],
    ['ノード2', '100%', '10.0.0.20', 'Secondary, a long remark about it'],
  ]
  const table = { title: 'Status', columns: ['host', 'done', 'address', 'state'], rows }

  test('aligns by width, figures to the right', () => {
    expect(tableLines(table, palette(0))).toEqual([
      'Status',
      'host     done  address    state',
      'M1         7%  10.0.0.1   Primary',
      'ノード2  100%  10.0.0.20  Secondary, a long remark about it',
    ])
  })

  test('the widest columns give way to the terminal', () => {
    const lines = tableLines(table, palette(0), 44)
    expect(lines.every(line => width(line) <= 44)).toBe(true)
    expect(lines.at(-1)).toBe('ノード2  100%  10.0.0.20  Secondary, a long…')
  })
})
