import { existsSync } from 'node:fs'
import { Unreachable } from './connection.ts'

/**
 * Splits text into words like ssh_config(5) (argv_split in misc.c): blanks, both kinds of quotes, `\` before a quote, a blank or itself.
 * @returns undefined when a quote is not closed
 */
export const splitArguments = (text: string): string[] | undefined => {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let index = 0; index < text.length; index++) {
    const [character, next] = [text[index] ?? '', text[index + 1] ?? '']
    const escapes = character === '\\' && (next === '"' || next === "'" || next === '\\' || (next === ' ' && quote === ''))
    if (escapes) {
      word = (word ?? '') + next
      index++
    } else if (quote === '' && /[ \t]/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (quote === '' && /["']/.test(character)) {
      quote = character
      word ??= ''
    } else if (character === quote) quote = ''
    else word = (word ?? '') + character
  }
  if (quote !== '') return undefined
  return word === undefined ? words : [...words, word]
}

/**
 * Splits the file names on a line of `ssh -G`, which prints them without quotes. A word that does not start with `/` or `~` continues a
 * name that contains a blank.
 * @throws Unreachable when the line is ambiguous
 */
export const splitPaths = (host: string, keyword: string, value: string, exists: (file: string) => boolean = existsSync): string[] => {
  const words = value === '' ? [] : value.split(' ')
  const paths: string[] = []
  let doubtful = false
  for (const word of words) {
    const begins = /^[/~]/.test(word)
    if (begins || paths.length === 0) paths.push(word)
    else {
      const before = paths.pop() ?? ''
      doubtful ||= exists(before) || exists(word)
      paths.push(`${before} ${word}`)
    }
  }
  if (!doubtful) return paths
  const hint = `Use absolute paths without blanks. Show the current value: ssh -G <address> | grep -i ${keyword}`
  throw new Unreachable(host, `${host}: ${keyword} in the ssh configuration is ambiguous: ${value}`, hint)
}
