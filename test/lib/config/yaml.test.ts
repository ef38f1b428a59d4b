import { describe, expect, it } from 'vitest'
import { placeName } from '../../../lib/config/error.ts'
import { partAt, reveal } from '../../../lib/config/value.ts'
import { parseYaml } from '../../../lib/config/yaml.ts'
import { failure } from './workspace.ts'

const read = (text: string) => parseYaml({ file: 'f.yml', text })
const plain = (text: string) => reveal(read(text), { decrypt: () => 'opened' }).value

/** Lines that each refer to the one before: `a1: &a1 [*a0]`. */
const ladder = (rungs: number, next: (below: number) => string) =>
  Array.from({ length: rungs }, (_, n) => `a${n}: &a${n} ${n === 0 ? '1' : next(n - 1)}\n`).join('')

// Values are compared with Ansible itself in ansible-inventory.test.ts; this file tests what Ansible does not do.
describe('parseYaml', () => {
  it('reads YAML 1.1 as PyYAML does', () => {
    expect(plain('{a: 0644, b: yes, c: y, d: 1e3, e: 1:30, f: ~, g: 2024-01-31, h: "0644"}')).toEqual({
      a: 420,
      b: true,
      c: 'y',
      d: '1e3',
      e: 90,
      f: null,
      g: '2024-01-31',
      h: '0644',
    })
  })

  it('reads a file that is JSON as JSON', () => {
    expect(plain('{"a": 1e3, "b": [true, null]}')).toEqual({ a: 1000, b: [true, null] })
  })

  it('keeps the place of every value and key', () => {
    const value = read('a:\n  - x: 1\n    y: [2, 3]\n')
    expect(placeName(partAt(value, ['a', 0, 'y', 1]).place)).toBe('f.yml:3:12')
    expect(placeName(partAt(value, ['a', 0, 'missing']).place)).toBe('f.yml:2:5')
  })

  it('makes every duplicate key an error', () => {
    expect(failure(() => read('a: 1\nb: 2\na: 3\nb: 4\n'))).toBe(
      "f.yml:3:1: 'a' is given twice\n  a: 3\n  ^\n  the first one is on line 1\n\nf.yml:4:1: 'b' is given twice\n  b: 4\n  ^\n  the first one is on line 2",
    )
  })

  it('accepts an alias to a key, and uses the later of two anchors', () => {
    expect(plain('&k key: *k\na: &x 1\nb: *x\nc: &x 2\nd: *x')).toEqual({ key: 'key', a: 1, b: 1, c: 2, d: 2 })
  })

  it('keeps whole numbers of any size', () => {
    expect(plain('[9007199254740993, -0x20000000000001, 9007199254740991]')).toEqual([
      9007199254740993n,
      -9007199254740993n,
      9007199254740991,
    ])
    expect(plain('[9007199254740993, 1]')).toEqual([9007199254740993n, 1])
    expect(plain(`a: ${'9'.repeat(5000)}\nb: 0b_\nc: 0x_`)).toEqual({ a: '9'.repeat(5000), b: '0b_', c: '0x_' })
  })

  it('lets a mapping override what it merges', () => {
    expect(plain('base: &b {x: 1, y: 1}\nv: {<<: *b, y: 2}')).toMatchObject({ v: { x: 1, y: 2 } })
  })

  it.each(
    [
      ['a: b: c', 'f.yml:1:'],
      ['a:\n\t- b', 'spaces, not tabs'],
      ['a: [1', 'f.yml:'],
      ['a: !python/name:os.system x', 'the tag'],
      ['a: !foo x', '!foo'],
      ['a: !!int x', '!!int'],
      ['{a: {b: 1}: 2}', 'f.yml:1:'],
      ['? [a]\n: b', 'a key must be a plain word'],
      ['a: &x [*x]', 'inside its own anchor'],
      ['a: *nowhere', 'f.yml:1:'],
      ['<<: 3', '<< merges'],
      ['a: 1\n---\nb: 2', 'f.yml:2:1: a second YAML document starts here'],
      [`a: ${'['.repeat(20_000)}`, 'f.yml:1:203: nested deeper than 200 levels'],
      [`a: ${'{x: '.repeat(20_000)}`, 'nested deeper than 200 levels'],
      ['- '.repeat(20_000), 'nested deeper than 200 levels'],
      ['k: '.repeat(20_000), 'nested deeper than 200 levels'],
      ['- k: '.repeat(20_000), 'f.yml:1:'],
      ['[{? '.repeat(20_000), 'nested deeper than 200 levels'],
      ['? '.repeat(20_000), 'nested deeper than 200 levels'],
      [ladder(2000, n => `[*a${n}]`), 'nested deeper than 200 levels'],
      [ladder(40, n => `[*a${n}, *a${n}]`), 'f.yml:19:11: aliases stand for more than 1000000 values'],
      [ladder(40, n => `{x: *a${n}, y: *a${n}}`), 'aliases stand for more than 1000000 values'],
      [
        `${ladder(1, () => 'x')}b: &b {${Array.from({ length: 2000 }, (_, n) => `k${n}: 1`).join(', ')}}\n<<: [${'*b, '.repeat(2000)}]`,
        'aliases stand for more than 1000000 values',
      ],
    ].map(([text = '', expected = '']) => [text.slice(0, 40), text, expected] as const),
  )('explains %j', (_shown, text, expected) => {
    expect(failure(() => read(text))).toContain(expected)
  })

  it('refuses a template only when it is read', () => {
    const value = read('a: "{{ x }}"\nb: !unsafe "{{ x }}"\nc: "a } b { c"\n')
    expect(failure(() => reveal(partAt(value, ['a']), { decrypt: String }))).toContain('f.yml:1:4: templates ({{ }})')
    expect(reveal(partAt(value, ['b']), { decrypt: String }).value).toBe('{{ x }}')
    expect(reveal(partAt(value, ['c']), { decrypt: String }).value).toBe('a } b { c')
  })

  it('decrypts a vault value only when it is read, and marks it secret', () => {
    const value = read('a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\nb: [1, x]\n')
    expect(reveal(partAt(value, ['a']), { decrypt: () => 'opened' })).toEqual({ value: 'opened', secrets: ['opened'] })
    expect(reveal(partAt(value, ['b']), { decrypt: () => 'opened' })).toEqual({ value: [1, 'x'], secrets: [] })
  })
})
