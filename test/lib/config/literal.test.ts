import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { pythonLiteral } from '../../../lib/config/literal.ts'

const texts = [
  "1 -7 007 0 00 0644 0o644 0xFF 0b101 1_000 1__0 1.5 .5 1. 1e3 1E-3 --1 +-1 1.2.3 12abc 0x True False None true yes null ''".split(' '),
  [
    '"a\\tb"',
    "'it\\'s'",
    "'a' 'b'",
    'u"x"',
    'r"\\d"',
    "'''three'''",
    '"un',
    "'a\\x41\\u00e9\\101'",
    '"\\q"',
    '"\\U0010FFFF"',
    '"\\UFFFFFFFF"',
    '"\\u00e9\\U000000e9"',
    '"\\x4"',
    '"\\u12"',
    "b'x'",
  ],
  [
    '[]',
    '[1, 2,]',
    '[1 2]',
    '[1,,2]',
    '(1)',
    '(1,)',
    '()',
    '1, 2',
    '1,',
    '{}',
    '{1}',
    '{1, 2}',
    "{'a': 1, 2: [3]}",
    "{'a'}",
    '{[1]: 2}',
    '[[1, (2, {})], None]',
  ],
  [`${'['.repeat(200)}${']'.repeat(200)}`, `${'['.repeat(201)}${']'.repeat(201)}`, `${'{'.repeat(20_000)}`, `${'('.repeat(20_000)}`],
  ['9007199254740993', '-9007199254740993', '0xFFFFFFFFFFFFFFFF', `[${'9'.repeat(30)}]`, '9'.repeat(5000), '1e400'],
  [
    '5 # five',
    'x # y',
    '# only',
    '[1, # a',
    ' 5',
    '5 ',
    '',
    '1 + 1',
    'a.b',
    'print(1)',
    '[a]',
    '{{ x }}',
    '/a/b',
    '10.0.0.1',
    '2024-01-31',
    '-',
    '1:30',
  ],
].flat()

const python = `import ast, json, sys
out = []
for text in json.load(sys.stdin):
    try: value = ast.literal_eval(text); out.append({'value': list(value) if isinstance(value, (set, tuple)) else value})
    except (ValueError, SyntaxError, MemoryError, RecursionError): out.append(None)
    except TypeError: out.append(None)
print(json.dumps(out, default=lambda v: list(v) if isinstance(v, (set, tuple)) else {'bytes': True}))`

/** Python's answer is JSON, where whole numbers beyond 2^53 are inexact: those are compared as numbers, and exactly in scalar.test.ts. */
const plain = (value: unknown): unknown =>
  typeof value === 'bigint'
    ? Number(value)
    : value instanceof Map
      ? Object.fromEntries([...value].map(([name, part]) => [name, plain(part)]))
      : Array.isArray(value)
        ? value.map(plain)
        : value

const answer = spawnSync('python3', ['-c', python], { input: JSON.stringify(texts), encoding: 'utf8' })
const available = answer.status === 0

describe.skipIf(!available)(`pythonLiteral compared with Python itself${available ? '' : ' (skipped: there is no python3)'}`, () => {
  const theirs = available ? (JSON.parse(answer.stdout.replaceAll('Infinity', '1e999')) as ({ value: unknown } | null)[]) : []
  it.each(texts.map((text, index) => [text.slice(0, 60), text, theirs[index]?.value] as const))('%j', (_shown, text, value) => {
    // Bytes have no meaning in an inventory; the text is kept unchanged.
    const expected = JSON.stringify(value)?.includes('"bytes"') ? undefined : value
    expect(plain(pythonLiteral(text))).toEqual(expected)
  })
})
