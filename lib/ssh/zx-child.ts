import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { ScriptTimeout, TooMuchOutput } from './connection.ts'
import type { SshHost } from './host.ts'
import { type RemoteProcess, startProcess } from './process.ts'
import { quote } from './quote.ts'

/** The zx spawn options that apply to a host; `cwd` and `shell` refer to this machine. */
export interface SpawnOptions {
  env?: NodeJS.ProcessEnv
  input?: unknown
  signal?: AbortSignal
}

/** The parts of a ChildProcess that zx uses. The pid is not a number, so that it cannot be used to kill a local process. */
interface RemoteChild {
  readonly pid: string
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  kill(signal?: NodeJS.Signals): boolean
}

/** zx's `spawn` for a host. */
export const spawnOn =
  (host: SshHost): ((script: string, args: readonly string[], options: SpawnOptions) => ChildProcess) =>
  (script, _args, options) => {
    const process = startProcess(host, exportLines(options.env) + script)
    limit(host, process)
    const child = childOf(host.name, process)
    endIdleInput(process.stdin, options.input)
    abortWith(child, options.signal)
    return child as unknown as ChildProcess
  }

/** Maximum output of a command in bytes: zx keeps all of it. */
const mostOutput = 64 * 1024 ** 2
/** Timeout in ms: a hanging command must not block a run forever. Longer work is a job, or a script with its own limit. */
const longest = 3_600_000

/** Kills a command that prints endlessly or never ends. */
const limit = (host: SshHost, process: RemoteProcess): void => {
  const end = (error: Error) => {
    process.terminate().catch(() => {})
    process.abandon(error)
  }
  const timer = setTimeout(
    () => end(new ScriptTimeout(`${host.name}: a command took longer than ${longest / 60_000} min and was terminated`)),
    longest,
  )
  for (const output of [process.stdout, process.stderr]) {
    let seen = 0
    output.on('data', (piece: Buffer) => {
      const before = seen
      seen += piece.length
      if (before <= mostOutput && seen > mostOutput) end(new TooMuchOutput(host.name, 'a command', mostOutput))
    })
  }
  process.ended.catch(() => {}).finally(() => clearTimeout(timer))
}

const childOf = (name: string, process: RemoteProcess): RemoteChild & EventEmitter => {
  const { stdin, stdout, stderr, ended } = process
  stdin.on('error', () => {})
  const kill = (signal: NodeJS.Signals = 'SIGTERM') => {
    process.kill(signal).catch(() => {})
    return true
  }
  const child = Object.assign(new EventEmitter(), { pid: `process on ${name}`, stdin, stdout, stderr, kill })
  ended.then(
    ({ code, signal }) => {
      child.emit('exit', code, signal)
      child.emit('close', code, signal)
    },
    error => {
      if (child.listenerCount('error') > 0) child.emit('error', error)
      child.emit('close', null, null)
    },
  )
  return child
}

/**
 * zx leaves stdin open, and a command that reads it would wait forever. Ends stdin unless there is input, something is piped into it, or
 * the caller writes to it in the same turn of the event loop.
 */
const endIdleInput = (stdin: Writable, input: unknown): void => {
  // zx always pipes its own stream into stdin; that one counts only if something is piped into it in turn.
  const sources: Readable[] = []
  stdin.on('pipe', (source: Readable) => sources.push(source))
  setImmediate(() => {
    const readable = stdin as unknown as Readable
    const fed =
      Boolean(input) || stdin.writableEnded || readable.readableLength > 0 || sources.some(source => source.listenerCount('unpipe') > 0)
    if (!fed) stdin.end()
  })
}

/** Like node's spawn: emits `error` with the abort reason, then the end. */
const abortWith = (child: RemoteChild & EventEmitter, signal: AbortSignal | undefined): void => {
  const onAbort = () => {
    child.kill()
    if (child.listenerCount('error') > 0) child.emit('error', signal?.reason)
  }
  if (signal?.aborted) return void queueMicrotask(onAbort)
  signal?.addEventListener('abort', onAbort, { once: true })
  child.once('close', () => signal?.removeEventListener('abort', onAbort))
}

/** `$({ env })` for a host: exports only what differs from this machine's environment, which is never passed on. */
export const exportLines = (env: NodeJS.ProcessEnv | undefined, local: NodeJS.ProcessEnv = process.env): string => {
  if (env === undefined || env === local) return ''
  const names = Object.keys(env).filter(name => /^[A-Za-z_]\w*$/.test(name) && env[name] !== undefined && env[name] !== local[name])
  return names.map(name => `export ${name}=${quote(env[name] ?? '')};`).join('')
}
