import { constants } from 'node:os'
import { Readable, type Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { type ScriptOptions, type ScriptResult, ScriptTimeout } from './connection.ts'
import type { Host } from './host.ts'
import { type RemoteProcess, startProcess } from './process.ts'
import type { Exit } from './transport.ts'

/** A shell's exit code for an end: 128+n when signal n ended it. */
export function exitCode(exit: Exit): number {
  return exit.code ?? 128 + (exit.signal ? constants.signals[exit.signal] : 0)
}

/**
 * Runs a POSIX sh script. Resolves with any exit code.
 * @throws Unreachable (also BecomeFailed), ScriptTimeout, the abort signal's reason
 */
export async function runScript(host: Host, script: string, options: ScriptOptions = {}): Promise<ScriptResult> {
  options.signal?.throwIfAborted()
  const process = startProcess(host, script)
  const stdout = options.onStdoutBytes ? passBytes(process.stdout, options.onStdoutBytes) : collect(process.stdout, options.onStdout)
  const stderr = collect(process.stderr, options.onStderr)
  const limit = limitOf(host, process, options)
  feed(process.stdin, options.input, limit.end)
  try {
    const exit = await process.ended
    if (limit.hit) throw limit.hit.reason
    return { code: exitCode(exit), stdout: stdout(), stderr: stderr() }
  } finally {
    limit.clear()
  }
}

function feed(stdin: Writable, input: ScriptOptions['input'], onError: (error: Error) => void): void {
  // A script that ends before it has read its input is no error.
  stdin.on('error', () => {})
  if (!(input instanceof Readable)) return void stdin.end(input)
  input.once('error', onError)
  input.pipe(stdin)
}

function passBytes(stream: Readable, onBytes: (bytes: Uint8Array) => void): () => string {
  stream.on('data', onBytes)
  return () => ''
}

function collect(stream: Readable, onText: ((text: string) => void) | undefined): () => string {
  // A character may be cut in two by the pieces it comes in.
  const decoder = new StringDecoder('utf8')
  const pieces: string[] = []
  const take = (text: string) => {
    if (text === '') return
    pieces.push(text)
    onText?.(text)
  }
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)))
  stream.on('end', () => take(decoder.end()))
  return () => pieces.join('')
}

interface Limit {
  /** Why the script was ended from here, when it was. */
  hit: { reason: unknown } | undefined
  end(reason: unknown): void
  clear(): void
}

/** Ends the remote process group on time-out or abort. */
function limitOf(host: Host, process: RemoteProcess, { timeout, signal }: ScriptOptions): Limit {
  const end = (reason: unknown) => {
    limit.hit ??= { reason }
    // When the host is lost meanwhile, `ended` says so.
    process.terminate().catch(() => {})
  }
  const onAbort = () => end(signal?.reason)
  const timer = timeout === undefined ? undefined : setTimeout(() => end(timedOut(host, timeout)), timeout)
  signal?.addEventListener('abort', onAbort, { once: true })
  const limit: Limit = {
    hit: undefined,
    end,
    clear() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
  return limit
}

function timedOut(host: Host, timeout: number): ScriptTimeout {
  return new ScriptTimeout(`${host.name}: a script took longer than ${timeout / 1000} s and was ended`)
}
