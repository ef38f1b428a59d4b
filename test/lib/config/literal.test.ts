import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { pythonLiteral } from '../../../lib/config/literal.ts'

const TEXTS = [
  "1 -7 007 0 00 0644 0o644 0xFF 0b101 1_000 1__0 1.5 .5 1. 1e3 1E-3 --1 +-1 1.2.3 12abc 0x True False None true yes null ''".split(' '),
  ['"a\\tb"', "'it\\'s'", "'a' 'b'", 'u"x"', 'r"\\d"', "'''three'''", '"un', "'a\\x41\\u00e9\\101'", '"\\q"', "b'x'"],
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
    except (ValueError, SyntaxError): out.append(None)
    except TypeError: out.append(None)
print(json.dumps(out, default=lambda v: list(v) if isinstance(v, (set, tuple)) else {'bytes': True}))`

const plain = (value: unknown): unknown =>
  value instanceof Map
    ? Object.fromEntries([...value].map(([name, part]) => [name, plain(part)]))
    : Array.isArray(value)
      ? value.map(plain)
      : value

const answer = spawnSync('python3', ['-c', python], { input: JSON.stringify(TEXTS), encoding: 'utf8' })
const available = answer.status === 0

describe.skipIf(!available)(`pythonLiteral against Python itself${available ? '' : ' (skipped: there is no python3)'}`, () => {
  const theirs = available ? (JSON.parse(answer.stdout) as ({ value: unknown } | null)[]) : []
  it.each(TEXTS.map((text, index) => [text, theirs[index]?.value] as const))('%j', (text, value) => {
    // Bytes have no meaning in an inventory; the text is kept as it stands.
    const expected = JSON.stringify(value)?.includes('"bytes"') ? undefined : value
    expect(plain(pythonLiteral(text))).toEqual(expected)
  })
})
