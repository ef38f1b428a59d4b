import { ConfigError, type Place, type Source, wholeOf } from './error.ts'
import { readSource } from './files.ts'
import { type Decrypter, layered, type Variables } from './value.ts'
import { variablesIn } from './vars-files.ts'
import { openSource } from './vault.ts'
import { parseYaml } from './yaml.ts'

/** Variables of several `-e`: `key=value key2="a b"` (all text), `{json or yaml}` or `@file`. Later ones win. */
export const parseExtraVars = (args: readonly string[], vault: Decrypter, cwd: string = process.cwd()): Variables =>
  layered(...args.map(argument => parseOne(argument, vault, cwd)))

const parseOne = (argument: string, vault: Decrypter, cwd: string): Variables => {
  const source: Source = { file: '-e', text: argument }
  if (argument.trim() === '@') throw new ConfigError("'@' names no file", wholeOf(source))
  if (argument.startsWith('@')) return variablesIn(parseYaml(openSource(readSource(argument.slice(1), cwd), vault)))
  if (/^[./]/.test(argument)) throw new ConfigError(`'${argument}' looks like a file`, wholeOf(source), `write -e @${argument}`)
  return /^[[{]/.test(argument) ? variablesIn(parseYaml(source)) : keyValues(argument, source)
}

const keyValues = (text: string, source: Source): Variables => {
  const place = wholeOf(source)
  const words = splitArguments(text)
  if (!words) throw new ConfigError('a quote is not closed', place)
  return new Map(
    words.map((word, index) => {
      const equals = /(?<=[^\\])=/.exec(word)?.index ?? -1
      if (equals < 1) throw notAssigned(words, index, place)
      const value = unquoted(unescaped(word.slice(equals + 1), place).trim())
      return [word.slice(0, equals).trim(), { at: place, value: { kind: 'scalar', value, place, untyped: true } }]
    }),
  )
}

/** A word may be part of a password with blanks or follow a colon before one, so only a name is quoted. */
const notAssigned = (words: readonly string[], index: number, place: Place): ConfigError => {
  const before = words.slice(0, index).findLast(word => word.includes('='))
  const name = (before ?? words[0] ?? '').match(/^\w+/)?.[0] ?? ''
  const found = before === undefined ? (name === '' ? 'no name' : `'${name}' without '='`) : `a word without '=' behind '${name}='`
  return new ConfigError(`expected key=value, found ${found}`, place, 'text with spaces needs quotes: -e "key=\'a b\'"')
}

/** Words between blanks, with their quotes: quotes are removed from a value as a whole, so `a="b" c` differs from `a="b"c`. */
const splitArguments = (text: string): string[] | undefined => {
  const words: string[] = []
  let word = ''
  let quote = ''
  const characters = [...text]
  for (const [index, character] of characters.entries()) {
    const isQuote = /["']/.test(character) && characters[index - 1] !== '\\'
    if (quote === '' && /[ \n]/.test(character)) {
      if (word !== '') words.push(word)
      word = ''
      continue
    }
    if (isQuote) quote = quote === '' ? character : quote === character ? '' : quote
    word += character
  }
  if (quote !== '') return undefined
  return word === '' ? words : [...words, word]
}

const lastCharacter = 0x10ffff

const escapes: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

const unescaped = (text: string, place: Place) =>
  text.replace(
    /\\(?:U([\da-fA-F]{8})|u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\\'"abfnrtv]))/g,
    (whole, long?: string, short?: string, byte?: string, letter?: string) => {
      const code = long ?? short ?? byte
      if (code === undefined) return escapes[letter ?? ''] ?? letter ?? whole
      if (Number.parseInt(code, 16) > lastCharacter) throw new ConfigError(`${whole} is not a character`, place)
      return String.fromCodePoint(Number.parseInt(code, 16))
    },
  )

const unquoted = (text: string) => (/^(["']).*\1$/s.test(text) && text.length > 1 && text.at(-2) !== '\\' ? text.slice(1, -1) : text)
