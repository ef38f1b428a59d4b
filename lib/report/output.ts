import { escapedJson, escapedPainted, escapedTabs } from '../text/escape.ts'
import { knownSecrets } from '../text/secrets.ts'

/** The target of a view: a standard stream, or a replacement in a test. */
export type OutputStream = Pick<NodeJS.WritableStream, 'write' | 'on'> & { isTTY?: boolean; columns?: number; rows?: number }

export interface Output {
  readonly stream: OutputStream
  /** Text of a view: colours and newlines pass, other control characters are escaped. */
  write(text: string): void
  line(text: string): void
  /** Unescaped, for the renderer of the live rows, which moves the cursor. */
  raw(text: string): void
  /** Resolves when everything written was handed on. */
  flush(): Promise<void>
}

const outputs = new WeakMap<OutputStream, Output>()

/**
 * A stream that may fail: after `| head` has exited, or with a full disk, output is discarded and the run continues. A cluster must not be
 * left half built because nobody reads.
 */
export const outputTo = (stream: OutputStream): Output => {
  const known = outputs.get(stream)
  if (known !== undefined) return known
  const output = watched(stream)
  outputs.set(stream, output)
  return output
}

const watched = (stream: OutputStream): Output => {
  let lost = false
  stream.on('error', () => {
    lost = true
  })
  const raw = (text: string) => {
    if (!lost) stream.write(text)
  }
  const write = (text: string) => raw(escapedPainted(text))
  return {
    stream,
    write,
    line: text => write(`${text}\n`),
    raw,
    flush: () => (lost ? Promise.resolve() : new Promise(done => void stream.write('', () => done()))),
  }
}

/**
 * Output of a command apart from the views: names and answers of hosts, lines of files, messages about them. It contains no colours of
 * ours, so the newline is the only control character that passes.
 */
export const print = (text: string): void => void process.stdout.write(escapedTabs(knownSecrets.mask(text)))

/** The same on stderr: messages and warnings. */
export const complain = (text: string): void => void process.stderr.write(escapedTabs(knownSecrets.mask(text)))

/** JSON for a program: unsafe characters are written as JSON escapes. */
export const printJson = (json: string): void => void process.stdout.write(escapedJson(knownSecrets.mask(json)))

/** Text that must be exact, such as a decrypted file: unchanged for a pipe, escaped for a terminal. */
export const printExact = (text: string): void => void process.stdout.write(process.stdout.isTTY ? escapedTabs(text) : text)
