import { exact, mostDigits } from './scalar.ts'
import type { Scalar } from './value.ts'

/** The value of a Python literal. Tuples and sets become lists. */
export type Literal = Scalar | Literal[] | Map<string, Literal>

interface Cursor {
  text: string
  at: number
  /** Number of open brackets. */
  depth: number
}

/** Python's limit of nested brackets. A text with more is not a literal. */
const deepest = 200

class NoLiteral extends Error {}

/**
 * The value of a text that is a Python literal. Ansible reads values of INI inventories this way: `True` is true but `true` and `yes` are
 * text, `0644` is text, `0o644` a number, `[1, 'a']` a list. Undefined for a text that is not a literal.
 */
export const pythonLiteral = (text: string): Literal | undefined => {
  const cursor = { text: text.replace(/^[ \t]+/, ''), at: 0, depth: 0 }
  try {
    const value = literal(cursor)
    const tuple = accept(cursor, ',') ? [value, ...elements(cursor, undefined)] : value
    // Python ignores a comment after a literal, so `port=22 # ssh` is a number but `name=x # y` is all text.
    return /^(#.*)?\s*$/.test(cursor.text.slice(cursor.at)) ? tuple : undefined
  } catch (error) {
    if (error instanceof NoLiteral) return undefined
    throw error
  }
}

const literal = (cursor: Cursor): Literal => {
  blanks(cursor)
  const read = brackets.get(cursor.text[cursor.at] ?? '')
  if (read) {
    cursor.at += 1
    cursor.depth += 1
    if (cursor.depth > deepest) throw new NoLiteral()
    const value = read(cursor)
    cursor.depth -= 1
    return value
  }
  return strings(cursor) ?? word(cursor)
}

const elements = (cursor: Cursor, end: string | undefined): Literal[] => {
  const items: Literal[] = []
  for (;;) {
    if (end === undefined ? atEnd(cursor) : accept(cursor, end)) return items
    items.push(literal(cursor))
    if (accept(cursor, ',')) continue
    if (end === undefined ? atEnd(cursor) : accept(cursor, end)) return items
    throw new NoLiteral()
  }
}

const parenthesised = (cursor: Cursor): Literal => {
  if (accept(cursor, ')')) return []
  const first = literal(cursor)
  if (accept(cursor, ')')) return first
  if (!accept(cursor, ',')) throw new NoLiteral()
  return [first, ...elements(cursor, ')')]
}

const braced = (cursor: Cursor): Literal => {
  if (accept(cursor, '}')) return new Map()
  const first = literal(cursor)
  if (!accept(cursor, ':')) {
    if (accept(cursor, '}')) return [first]
    if (!accept(cursor, ',')) throw new NoLiteral()
    return [first, ...elements(cursor, '}')]
  }
  const entries = new Map([[keyOf(first), literal(cursor)]])
  while (accept(cursor, ',')) {
    if (accept(cursor, '}')) return entries
    const key = keyOf(literal(cursor))
    if (!accept(cursor, ':')) throw new NoLiteral()
    entries.set(key, literal(cursor))
  }
  if (!accept(cursor, '}')) throw new NoLiteral()
  return entries
}

const keyOf = (value: Literal): string => {
  if (value !== null && typeof value === 'object') throw new NoLiteral()
  return String(value)
}

const brackets: ReadonlyMap<string, (cursor: Cursor) => Literal> = new Map([
  ['[', cursor => elements(cursor, ']')],
  ['(', parenthesised],
  ['{', braced],
])

const stringPattern =
  /[uU]?(?:'''((?:[^\\]|\\[\s\S])*?)'''|"""((?:[^\\]|\\[\s\S])*?)"""|'((?:[^'\\\n]|\\[\s\S])*)'|"((?:[^"\\\n]|\\[\s\S])*)")/y
const rawStringPattern = /[rR](?:'((?:[^'\\\n]|\\[\s\S])*)'|"((?:[^"\\\n]|\\[\s\S])*)")/y

/** One or more adjacent strings, which Python joins. */
const strings = (cursor: Cursor): string | undefined => {
  let joined: string | undefined
  for (;;) {
    blanks(cursor)
    const raw = match(cursor, rawStringPattern)
    const text = raw ? (raw[1] ?? raw[2]) : unescaped(match(cursor, stringPattern))
    if (text === undefined) return joined
    joined = (joined ?? '') + text
  }
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\n': '' }

const unescaped = (found: RegExpExecArray | undefined): string | undefined => {
  const text = found?.slice(1).find(part => part !== undefined)
  return text?.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S])/g, (whole, code: string) => {
    // For Python, the whole text is then a syntax error.
    if (/^[xuU]$/.test(code) || (code.startsWith('U') && Number.parseInt(code.slice(1), 16) > 0x10ffff)) throw new NoLiteral()
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16))
    if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8))
    return escapes[code] ?? (/[\\'"]/.test(code) ? code : whole)
  })
}

const numberPattern =
  /[-+]?\s*(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.?)(?:[eE][-+]?\d(?:_?\d)*)?)(?![\w.])/y
const constantPattern = /(?:True|False|None)(?!\w)/y

const word = (cursor: Cursor): Scalar => {
  const name = match(cursor, constantPattern)?.[0]
  if (name !== undefined) return name === 'None' ? null : name === 'True'
  const number = match(cursor, numberPattern)?.[0].replaceAll(/[_\s]/g, '')
  if (number === undefined) throw new NoLiteral()
  const digits = number.replace(/^[-+]/, '')
  // Python 3 has no octal numbers with a bare leading zero: 0644 is an error, so it stays text.
  if (/^0\d*[1-9]\d*$/.test(digits)) throw new NoLiteral()
  if (digits.length > mostDigits) throw new NoLiteral()
  if (/^(\d+|0[xob].*)$/i.test(digits)) return exact((number.startsWith('-') ? -1n : 1n) * BigInt(digits))
  return (number.startsWith('-') ? -1 : 1) * Number(digits) + 0
}

const match = (cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined => {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text) ?? undefined
  if (found) cursor.at = pattern.lastIndex
  return found
}

const blanks = (cursor: Cursor): void => {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1
}

const accept = (cursor: Cursor, character: string): boolean => {
  blanks(cursor)
  if (cursor.text[cursor.at] !== character) return false
  cursor.at += 1
  return true
}

const atEnd = (cursor: Cursor): boolean => {
  blanks(cursor)
  return cursor.at === cursor.text.length || cursor.text[cursor.at] === '#'
}
