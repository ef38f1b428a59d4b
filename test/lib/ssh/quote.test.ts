import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quote } from '../../../lib/ssh/quote.ts'

const word = fc
  .oneof(
    // Well-formed text: a lone surrogate has no UTF-8.
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', '!', '*', '-', ' ', '#', '~', '=', ';', 'é', '\u{1f600}', '\x01') }),
    fc.constantFrom('', '-n', '--', 'if', 'A=b', '~root', '*', "'", "''", '\n', '\\'),
  )
  .filter(text => !text.includes('\0'))

describe('quote', () => {
  it('passes exactly the given words to a real sh', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), words => {
        const script = `for w in ${words.map(quote).join(' ')}; do printf '%s\\0' "$w"; done`
        expect(execFileSync('sh', { input: script }).toString()).toBe(words.map(text => `${text}\0`).join(''))
      }),
      { numRuns: 150 },
    )
  })

  it('keeps a word literal where a command or an assignment would be possible', () => {
    expect(quote('A=b')).toBe("'A=b'")
    expect(quote('')).toBe("''")
  })

  it('refuses NUL', () => {
    expect(() => quote('a\0b')).toThrow('NUL')
  })
})
