import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, lastLines, oneLine, pad, width, wrap } from '../../../lib/text/layout.ts'

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

  test('joins lines into one, and separates findings', () => {
    expect(oneLine('heartbeat on M1: stopped\n  virtual IP: on no node\n')).toBe('heartbeat on M1: stopped; virtual IP: on no node')
    expect(oneLine('the nodes differ:\n\n1, \n2.\tThat is\nall')).toBe('the nodes differ: 1, 2. That is; all')
  })

  test('keeps the last lines', () => {
    expect(lastLines('1\n2\n3\n', 5)).toEqual(['1', '2', '3'])
    expect(lastLines('1\n2\n3\n', 2)).toEqual(['… 1 lines above', '2', '3'])
  })
})
