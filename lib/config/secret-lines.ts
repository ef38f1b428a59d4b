import { editDistance } from './suggest.ts'

const secretWords = /secret|passw|passphrase|_pass\b|token|credential/i

/** Whether a variable of that name is treated as a secret, in any inventory. */
export const isSecretName = (name: string) => secretWords.test(name)

/** Words that part of a name is compared with, to find misspellings by a letter or two: `secrt`, `pasword`. */
const properWords = ['secret', 'password', 'passphrase', 'token']
const isNear = (part: string) => part.length < 20 && properWords.some(meant => editDistance(part, meant) <= (meant.length > 6 ? 2 : 1))
const isNearSecretName = (name: string) => isSecretName(name) || name.toLowerCase().split(/[_-]/).some(isNear)

/** The visible and the hidden part of a line. */
interface Quotable {
  shown: string | undefined
  hidden: string
}

interface Line {
  text: string
  /** Where the value of the first secret on the line begins, if there is one. */
  start: number | undefined
}

/** Number of lines above that are searched for the name of a value: more than the longest value has. */
const farthest = 200
/** The same for an unindented line, which can only belong to a value if a quote is unclosed. */
const farthestQuote = 20
/** Characters. A longer line would fill the screen, and part of it might show a secret whose name is cut off. */
const longestQuoted = 400
/** Characters. Longer lines are neither quoted nor searched. */
const longestSearched = 10_000

/**
 * The part of a line that may be quoted in a message, however broken the file is: nothing after the name of a secret, and nothing of a line
 * that may continue the value of one. @param line counted from 1
 */
export const quotableLine = (source: { text: string; secret?: boolean }, line: number): Quotable => {
  const lines = linesOf(source)
  const { text: written = '', start } = lines[line - 1] ?? {}
  const text = written.trimEnd()
  if (source.secret || text.length > longestQuoted || continuesSecret(lines, line - 1)) return { shown: undefined, hidden: text }
  if (start === undefined || start >= text.length) return { shown: text, hidden: '' }
  return { shown: `${text.slice(0, start)}***`, hidden: text.slice(start) }
}

/** A word that may be the name of a variable, and the separator before its value: a blank alone is a mistake for `=` or `:`. */
const namePattern = /([A-Za-z][\w-]*)["']?(?:\s*[:=]\s*|\s+|$)/g

const startOfSecret = (text: string): number | undefined => {
  if (text.length > longestSearched || commentPattern.test(text)) return undefined
  for (const match of text.matchAll(namePattern)) if (isNearSecretName(match[1] ?? '')) return match.index + match[0].length
  return undefined
}

const commentPattern = /^\s*[#;]/
const indentOf = (text: string) => text.length - text.trimStart().length
/** The start of something new: `name:`, `- name:`, `[section]`, `name=value`. */
const beginsPattern = /^\s*(?:- +)?(?:["']?[\w.-]+["']?\s*(?::(?:\s|$)|=)|\[[\w:.-]+\]\s*$)/

/** Whether a line may belong to the value of a secret above it: in a block, over several lines, or after an unclosed quote. */
const continuesSecret = (lines: readonly Line[], index: number): boolean => {
  const at = lines[index]?.text ?? ''
  let indent = beginsPattern.test(at) ? indentOf(at) : Number.POSITIVE_INFINITY
  for (let above = index - 1; above >= Math.max(0, index - farthest); above--) {
    const { text = '', start } = lines[above] ?? {}
    if (text.trim() === '' || commentPattern.test(text)) continue
    if (start !== undefined && (indentOf(text) < indent || isOpenQuote(text.slice(start), lines.slice(above + 1, index))))
      // A value of an INI file ends with its line, but not everybody knows that.
      return indentOf(at) > indentOf(text) || !text.slice(0, start).includes('=')
    if (beginsPattern.test(text)) indent = Math.min(indent, indentOf(text))
    if (indent === 0 && above < index - farthestQuote) return false
  }
  return false
}

const isOpenQuote = (value: string, rest: readonly Line[]): boolean => {
  const [quote] = value
  if (quote !== '"' && quote !== "'") return false
  return ![value.slice(1), ...rest.map(line => line.text)].some(text => text.includes(quote))
}

const linesOfSource = new WeakMap<object, Line[]>()

/** The lines of a source, split and searched once: every line of a file may have an error. */
const linesOf = (source: { text: string }): Line[] => {
  const lines = linesOfSource.get(source) ?? source.text.split(/\r\n|\n|\r/).map(text => ({ text, start: startOfSecret(text) }))
  linesOfSource.set(source, lines)
  return lines
}

/** Characters. Shorter pieces reveal nothing, and occur within words. */
const shortest = 4

/** A message about a line, without the hidden part of it: text in quotes may come from there. */
export const withoutHidden = (message: string, hidden: string): string => {
  if (hidden === '') return message
  const isSecret = (text: string) => text.length >= shortest && hidden.includes(text) && !isName(text, hidden)
  const pieces = [...hidden.split(/[\s"'{}[\],:=]+/), ...hidden.split(/[^\p{L}\p{N}_]+/u)].filter(isSecret)
  pieces.sort((one, other) => other.length - one.length)
  return message.replace(/(['"])(.+)\1/gs, (whole, quote: string, text: string) =>
    isSecret(text) ? `${quote}***${quote}` : pieces.reduce((left, piece) => left.replaceAll(piece, '***'), whole),
  )
}

/** The name of another variable on the same line may be shown: it is the subject of the message. */
const isName = (text: string, hidden: string) =>
  /^[a-z]+_\w+$/.test(text) && new RegExp(`(?:^|[\\s,{"'])${text}["']?\\s*[:=](?!=)`).test(hidden)
