import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Unreachable } from '../../../lib/ssh/connection.ts'
import { splitArguments, splitPaths } from '../../../lib/ssh/ssh-words.ts'
import { runs } from '../../runs.ts'

describe('splitArguments', () => {
  it.each([
    ['', []],
    ['  a\tb ', ['a', 'b']],
    ['"a b" c', ['a b', 'c']],
    ["'a \"b' c", ['a "b', 'c']],
    ['a\\ b "c\\"d" \\\\e \\x', ['a b', 'c"d', '\\e', '\\x']],
    ['a"b c"d', ['ab cd']],
    ['""', ['']],
    ['"a', undefined],
    ["a'", undefined],
  ])('%s', (text, words) => {
    expect(splitArguments(text)).toEqual(words)
  })

  it('returns the words that were quoted', () => {
    const quoted = (word: string) => `"${word.replace(/["\\]/g, '\\$&')}"`
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", '\\', '\t', '%') }), { maxLength: 4 })
    fc.assert(
      fc.property(words, list => {
        expect(splitArguments(list.map(quoted).join(' '))).toEqual(list)
      }),
      { numRuns: runs(300) },
    )
  })
})

describe('splitPaths', () => {
  const split = (value: string, ...existing: string[]) => splitPaths('M1', 'userknownhostsfile', value, file => existing.includes(file))

  it.each([
    ['', []],
    ['/a', ['/a']],
    ['/a ~/b /c', ['/a', '~/b', '/c']],
    ['/home/a b/known /home/a b/known2', ['/home/a b/known', '/home/a b/known2']],
    ['/a  b', ['/a  b']],
    ['known', ['known']],
  ])('%s', (value, files) => {
    expect(split(value)).toEqual(files)
  })

  it('refuses ambiguous values', () => {
    for (const existing of ['/a', 'b'])
      expect(() => split('/a b /c', existing)).toThrow('M1: userknownhostsfile in the ssh configuration is ambiguous: /a b /c')
  })

  it('loses nothing, and throws no other error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('/', ' ', 'a', '~', '.') }), fc.boolean(), (value, exists) => {
        try {
          expect(splitPaths('M1', 'x', value, () => exists).join(' ')).toBe(value)
        } catch (error) {
          expect(error).toBeInstanceOf(Unreachable)
        }
      }),
      { numRuns: runs(300) },
    )
  })
})
