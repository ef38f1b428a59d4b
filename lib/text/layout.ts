import { stripVTControlCharacters } from 'node:util'
import { escaped, escapedTabs } from './escape.ts'

/** Scripts with characters of two columns, and emoji; a sufficient approximation without a table of all of Unicode. */
const wideCharacter =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u
const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u

/** The width of a text in terminal columns. */
export const width = (text: string): number => {
  const visible = stripVTControlCharacters(text)
  if (isPlainAscii(visible)) return visible.length
  let columns = 0
  for (const character of visible) columns += columnsOf(character)
  return columns
}

const isPlainAscii = (text: string) => /^[\x20-\x7e]*$/.test(text)

const columnsOf = (character: string) => (zeroWidth.test(character) ? 0 : wideCharacter.test(character) ? 2 : 1)

/** Uncoloured text cut to a width, its end replaced by `…`. */
export const cut = (text: string, columns: number): string => {
  if (width(text) <= columns) return text
  if (columns <= 0) return ''
  let out = ''
  let used = 0
  for (const character of text) {
    used += columnsOf(character)
    if (used > columns - 1) break
    out += character
  }
  return `${out}…`
}

export const pad = (text: string, columns: number) => text + ' '.repeat(Math.max(0, columns - width(text)))
export const padLeft = (text: string, columns: number) => ' '.repeat(Math.max(0, columns - width(text))) + text

/** Joins a text into one line; lines that end without punctuation are joined by a semicolon, to keep several findings apart. */
export const oneLine = (text: string) =>
  // Trim first: the pattern takes quadratic time on a long run of trailing blanks.
  escaped(text.trim())
    .replace(/([^\s.,:;!?])\s*\n\s*(?=\S)/g, '$1; ')
    .replace(/\s+/g, ' ')
    .trim()

/** The last lines of a longer text, preceded by the number of omitted lines. */
export const lastLines = (text: string, most: number): string[] => {
  const lines = escapedTabs(text.trimEnd()).split('\n')
  return lines.length <= most ? lines : [`… ${lines.length - most} lines above`, ...lines.slice(-most)]
}

/** Wraps words into lines of a width; breaks longer words. */
export const wrap = (text: string, columns: number): string[] => {
  const lines: string[] = []
  for (const word of oneLine(text)
    .split(' ')
    .flatMap(part => pieces(part, columns))) {
    const last = lines.at(-1)
    if (last !== undefined && width(last) + 1 + width(word) <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const pieces = (word: string, columns: number): string[] => {
  if (width(word) <= columns) return [word]
  const out = ['']
  for (const character of word) {
    const last = out.at(-1) ?? ''
    if (last !== '' && width(last) + columnsOf(character) > columns) out.push(character)
    else out[out.length - 1] = last + character
  }
  return out
}
