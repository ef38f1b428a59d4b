import { expect, test } from 'vitest'
import { assemblePart } from '../../../lib/resources/probe.ts'
import type { Piece, Source } from '../../../lib/resources/source.ts'
import { keyOf, shell, simple } from '../../../lib/resources/source.ts'

const [first, second, third] = ['first', 'second', 'third'].map(simple) as [Source, Source, Source]
const script = shell('script')
const pieces: Piece[] = ['@a\n', first, second, '@b\n', third, script]
const whole = (...sources: Source[]) => {
  const there = new Map(sources.map(source => [keyOf(source), { code: 0, stdout: `${keyOf(source)}\n`, stderr: '', at: 0 }]))
  return (source: Source) => there.get(keyOf(source))
}

test.each<[string, Source[], string, string]>([
  ['the last was truncated', [first, second, third], 'half', '@a\nshell first\nshell second\n@b\nshell third\nhalf'],
  ['one of several sources after a text is missing', [first, third], 'half', '@b\nshell third\nhalf'],
  ['the sources before the last are missing', [first, second, script], '', '@a\nshell first\nshell second\nshell script\n'],
  ['nothing was read', [], '', ''],
])('incomplete output: %s', (_name, sources, cutOff, text) => expect(assemblePart(pieces, whole(...sources), cutOff)).toBe(text))
