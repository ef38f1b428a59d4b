import { stripVTControlCharacters } from 'node:util'
import type { OutputStream } from '../../../lib/report/output.ts'

export interface Captured {
  stream: OutputStream
  text(): string
}

/** A stream that records what is written to it. */
export const captured = (columns = 80): Captured => {
  let text = ''
  const stream = {
    columns,
    rows: 24,
    on() {
      return stream
    },
    write(chunk: string, done?: unknown) {
      text += chunk
      if (typeof done === 'function') done()
      return true
    },
  }
  return { stream: stream as unknown as OutputStream, text: () => text }
}

/** What a terminal shows after this output. Supports the escape sequences that live rows use. */
export const shownBy = (text: string): string[] => {
  const lines = ['']
  let row = 0
  let column = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this reads
  for (const [token] of text.matchAll(/\u001b\[[\d;?]*[A-Za-z]|\n|[^\u001b\n]+/g)) {
    if (token === '\u001b[2K') lines[row] = ''
    else if (token === '\u001b[1A') row -= 1
    else if (token === '\u001b[G') column = 0
    else if (token === '\n') {
      row += 1
      column = 0
      lines[row] ??= ''
    } else if (!token.startsWith('\u001b')) {
      const line = lines[row] ?? ''
      lines[row] = line.slice(0, column).padEnd(column) + token + line.slice(column + token.length)
      column += token.length
    }
  }
  return lines.map(line => stripVTControlCharacters(line).trimEnd())
}
