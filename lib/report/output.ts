/** What a view writes to: a standard stream, or a stand-in of a test. */
export type OutputStream = Pick<NodeJS.WritableStream, 'write' | 'on'> & { isTTY?: boolean; columns?: number; rows?: number }

export interface Output {
  readonly stream: OutputStream
  write(text: string): void
  line(text: string): void
  /** Resolves when everything written was handed on. */
  flush(): Promise<void>
}

const outputs = new WeakMap<OutputStream, Output>()

/**
 * A stream that may be lost: after `| head` has seen enough, or with the disk full, what is written goes nowhere and the run goes on. A
 * cluster is not left half built because nobody reads.
 */
export function outputTo(stream: OutputStream): Output {
  const known = outputs.get(stream)
  if (known !== undefined) return known
  const output = watched(stream)
  outputs.set(stream, output)
  return output
}

function watched(stream: OutputStream): Output {
  let lost = false
  stream.on('error', () => {
    lost = true
  })
  const write = (text: string) => {
    if (!lost) stream.write(text)
  }
  return {
    stream,
    write,
    line: text => write(`${text}\n`),
    flush: () => (lost ? Promise.resolve() : new Promise(done => void stream.write('', () => done()))),
  }
}
