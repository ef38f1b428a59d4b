import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { edits, linesOf } from '../../../lib/text/diff.ts'
import { diffCounts, unifiedDiff } from '../../../lib/text/unified.ts'

/** Applies a unified diff as `patch` does, checking the context and removed lines. */
const patched = (from: string, diff: string[]): string => {
  const source = linesOf(from)
  const out: string[] = []
  let at = 0
  diff.forEach((line, index) => {
    const hunk = /^@@ -(\d+)(?:,(\d+))? /.exec(line)
    if (hunk !== null) {
      const start = hunk[2] === '0' ? Number(hunk[1]) : Number(hunk[1]) - 1
      out.push(...source.slice(at, start))
      at = start
    } else if (!line.startsWith('\\')) {
      const text = line.slice(1) + (diff[index + 1]?.startsWith('\\') === true ? '' : '\n')
      if (!line.startsWith('+')) {
        expect(source[at]).toBe(text)
        at += 1
      }
      if (!line.startsWith('-')) out.push(text)
    }
  })
  return [...out, ...source.slice(at)].join('')
}

const text = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '', '@@ -1 +1 @@', '\\ x'), { maxLength: 25 }), fc.boolean())
  .map(([lines, ended]) => lines.join('\n') + (ended ? '\n' : ''))

describe('unifiedDiff', () => {
  test('applied to the old text it yields the new one', () => {
    fc.assert(
      fc.property(text, text, fc.nat({ max: 4 }), (from, to, context) => patched(from, unifiedDiff(from, to, context)) === to),
      { numRuns: 1000 },
    )
  })

  test('is as short as a longest common subsequence allows', () => {
    fc.assert(
      fc.property(text, text, (from, to) => {
        const { added, removed } = diffCounts(from, to)
        const [a, b] = [linesOf(from), linesOf(to)]
        expect(added + removed).toBe(a.length + b.length - 2 * commonLines(a, b))
      }),
    )
  })

  test('is empty for equal texts', () => {
    expect(unifiedDiff('a\nb', 'a\nb')).toEqual([])
  })

  test('shows a missing final line feed', () => {
    expect(unifiedDiff('a\nb\n', 'a\nb')).toEqual(['@@ -1,2 +1,2 @@', ' a', '-b', '+b', '\\ No newline at end of file'])
  })

  test('writes a new file and an emptied one as diff does', () => {
    expect(unifiedDiff('', 'a\n')).toEqual(['@@ -0,0 +1 @@', '+a'])
    expect(unifiedDiff('a\nb\n', '')).toEqual(['@@ -1,2 +0,0 @@', '-a', '-b'])
  })

  test('separates distant hunks and joins near ones', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`)
    const changed = lines.with(4, 'five\n').with(24, 'twenty-five\n')
    expect(unifiedDiff(lines.join(''), changed.join('')).filter(line => line.startsWith('@@'))).toEqual([
      '@@ -2,7 +2,7 @@',
      '@@ -22,7 +22,7 @@',
    ])
    const near = lines.with(4, 'five\n').with(9, 'ten\n')
    expect(unifiedDiff(lines.join(''), near.join('')).filter(line => line.startsWith('@@'))).toEqual(['@@ -2,12 +2,12 @@'])
  })

  test('replaces everything between the common ends when large texts have little in common', () => {
    const line = (word: string, index: number) => `${index % 100 === 50 ? 'common' : word} ${index}`
    const big = (word: string) => `head\n${Array.from({ length: 20_000 }, (_, index) => line(word, index)).join('\n')}\ntail\n`
    const script = edits(big('a'), big('b'))
    // The 200 common lines in between are not searched for: that would take quadratic time.
    expect(script).toHaveLength(40_002)
    expect(
      script
        .filter(edit => edit.kind !== '-')
        .map(edit => edit.line)
        .join(''),
    ).toBe(big('b'))
  })
})

const commonLines = (a: string[], b: string[]): number => {
  let row = new Array<number>(b.length + 1).fill(0)
  for (const line of a) {
    const next = [0]
    for (const [index, other] of b.entries())
      next.push(line === other ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0))
    row = next
  }
  return row.at(-1) ?? 0
}
