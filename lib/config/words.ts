/** A word of a line, with the column (from 1) at which it starts. */
export interface Word {
  text: string
  column: number
}

/**
 * Splits a line into words as a POSIX shell would, without any expansion (Python's shlex, which Ansible uses). A `#` outside quotes starts
 * a comment, even inside a word. Undefined when a quote is not closed.
 */
export const splitWords = (line: string, { comments = true } = {}): Word[] | undefined => {
  const words: Word[] = []
  let word: Word | undefined
  let quote = ''
  for (let index = 0; index < line.length; index++) {
    const character = line[index] ?? ''
    if (quote !== '' && character === quote) quote = ''
    else if (quote !== '') {
      const escapes = quote === '"' && character === '\\' && /["\\]/.test(line[index + 1] ?? '')
      word = grown(word, escapes ? (line[++index] ?? '') : character, index)
    } else if (comments && character === '#') break
    else if (/\s/.test(character)) {
      if (word) words.push(word)
      word = undefined
    } else if (character === '"' || character === "'") {
      quote = character
      word = grown(word, '', index)
    } else if (character === '\\') {
      if (++index === line.length) return undefined
      word = grown(word, line[index] ?? '', index - 1)
    } else word = grown(word, character, index)
  }
  if (quote !== '') return undefined
  return word ? [...words, word] : words
}

const grown = (word: Word | undefined, text: string, index: number): Word => ({
  text: (word?.text ?? '') + text,
  column: word?.column ?? index + 1,
})
