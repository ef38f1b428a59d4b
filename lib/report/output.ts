import { escapedJson, escapedPainted, escapedTabs } from '../text/escape.ts'
import { knownSecrets } from '../text/secrets.ts'

/** What a view writes to: a standard stream, or a stand-in of a test. */
export type OutputStream = Pick<NodeJS.WritableStream, 'write' | 'on'> & { isTTY?: boolean; columns?: number; rows?: number }

export interface Output {
  readonly stream: OutputStream
  /** Text of a view: its own colours and line feeds pass, any other control character is shown escaped. */
  write(text: string): void
  line(text: string): void
  /** As it is: for the renderer of the live rows, which moves the cursor. */
  raw(text: string): void
  /** Resolves when everything written was handed on. */
  flush(): Promise<void>
}

const outputs = new WeakMap<OutputStream, Output>()

/**
 * A stream that may be lost: after `| head` has seen enough, or with the disk full, what is written goes nowhere and the run goes on. A
 * cluster is not left half built because nobody reads.
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
 * What a command prints beside the views: names and answers of hosts, lines of files, messages about them. Nothing in it is a colour of ours,
 * so no control character but the line feed gets through.
 */
export const print = (text: string): void => void process.stdout.write(escapedTabs(knownSecrets.mask(text)))

/** The same on stderr: messages and warnings. */
export const complain = (text: string): void => void process.stderr.write(escapedTabs(knownSecrets.mask(text)))

/** JSON text for a program: what is unsafe is in JSON's own escapes. */
export const printJson = (json: string): void => void process.stdout.write(escapedJson(knownSecrets.mask(json)))

/** A text that was asked for to the byte, such as a decrypted file: a pipe gets it as it is, a terminal gets it escaped. */
export const printExact = (text: string): void => void process.stdout.write(process.stdout.isTTY ? escapedTabs(text) : text)
