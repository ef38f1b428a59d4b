import { constants } from 'node:os'
import { Readable, type Writable } from 'node:stream'
import { maxOutput, type ScriptOptions, type ScriptResult, ScriptTimeout, TooMuchOutput } from './connection.ts'
import type { SshHost } from './host.ts'
import { encodeHostText, hostTextDecoder } from './host-text.ts'
import { type RemoteProcess, startProcess } from './process.ts'
import type { Exit } from './transport.ts'

/** The exit code as a shell reports it: 128+n when signal n killed the command. */
export const exitCode = (exit: Exit): number => exit.code ?? 128 + (exit.signal ? constants.signals[exit.signal] : 0)

/**
 * Runs a POSIX sh script. Resolves with any exit code.
 * @throws Unreachable (also BecomeFailed), ScriptTimeout, TooMuchOutput, the abort signal's reason
 */
export const runScript = async (host: SshHost, script: string, options: ScriptOptions = {}): Promise<ScriptResult> => {
  options.signal?.throwIfAborted()
  const process = startProcess(host, script)
  const limit = limitOf(host, process, options)
  const most = options.maxOutput ?? maxOutput
  const flood = () => limit.end(new TooMuchOutput(host.name, 'a script', most))
  const stdout = options.onStdoutBytes
    ? passBytes(capped(process.stdout, options.maxOutput ?? Number.POSITIVE_INFINITY, flood), options.onStdoutBytes)
    : collect(capped(process.stdout, most, flood), options.onStdout)
  const stderr = collect(capped(process.stderr, most, flood), options.onStderr)
  feed(process.stdin, options.input, limit.end)
  try {
    const exit = await process.ended
    if (limit.hit) throw limit.hit.reason
    return { code: exitCode(exit), stdout: stdout(), stderr: stderr() }
  } finally {
    limit.clear()
  }
}

const feed = (stdin: Writable, input: ScriptOptions['input'], onError: (error: Error) => void): void => {
  // A script may exit before it has read its input.
  stdin.on('error', () => {})
  if (!(input instanceof Readable)) return void stdin.end(typeof input === 'string' ? encodeHostText(input) : input)
  input.once('error', onError)
  input.pipe(stdin)
}

/** A stream with a limit: passes chunks up to the limit, drops the rest, and reports the overflow once. */
interface Capped {
  onPiece(take: (piece: Buffer) => void): void
  onEnd(take: () => void): void
}

const capped = (stream: Readable, limit: number, onFlood: () => void): Capped => {
  let seen = 0
  return {
    onPiece: take =>
      stream.on('data', (piece: Buffer) => {
        if (seen > limit) return
        seen += piece.length
        if (seen > limit) onFlood()
        else take(piece)
      }),
    onEnd: take => stream.on('end', take),
  }
}

const passBytes = (stream: Capped, onBytes: (bytes: Uint8Array) => void): (() => string) => {
  stream.onPiece(onBytes)
  return () => ''
}

const collect = (stream: Capped, onText: ((text: string) => void) | undefined): (() => string) => {
  // A character may be split across chunks.
  const decoder = hostTextDecoder()
  const pieces: string[] = []
  const take = (text: string) => {
    if (text === '') return
    pieces.push(text)
    onText?.(text)
  }
  stream.onPiece(chunk => take(decoder.write(chunk)))
  stream.onEnd(() => take(decoder.end()))
  return () => pieces.join('')
}

interface Limit {
  /** Why we killed the script, if we did. */
  hit: { reason: unknown } | undefined
  end(reason: unknown): void
  clear(): void
}

/** Kills the remote process group on timeout or abort. */
const limitOf = (host: SshHost, process: RemoteProcess, { timeout, signal }: ScriptOptions): Limit => {
  const end = (reason: unknown) => {
    limit.hit ??= { reason }
    // If the host is lost meanwhile, `ended` reports it.
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

const timedOut = (host: SshHost, timeout: number): ScriptTimeout =>
  new ScriptTimeout(`${host.name}: a script took longer than ${timeout / 1000} s and was terminated`)
