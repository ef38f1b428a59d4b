import { $, type Options, type ProcessOutput, type ProcessPromise, type Shell } from 'zx/core'
import { commandFailure } from './command-failure.ts'
import { FenceRefused, Unreachable } from './connection.ts'
import type { SshHost } from './host.ts'
import { quote } from './quote.ts'
import { spawnOn } from './zx-child.ts'

type Spawn = Options['spawn']

/** Pins the options that zx reads from its defaults or ZX_ variables: none of them is meant for a host. */
const optionsFor = (host: SshHost): Partial<Options> => ({
  spawn: spawnOn(host) as unknown as Spawn,
  spawnSync: (() => refuseSync(host.name)) as unknown as Options['spawnSync'],
  quote,
  shell: true,
  prefix: 'set -eu;',
  postfix: '',
  verbose: false,
  // zx prints stderr unless it is quiet; only the views may print.
  quiet: true,
  detached: false,
  preferLocal: false,
  nothrow: false,
  stdio: 'pipe',
})

/** zx's `$` with its processes started on a host. The global `$` is not changed. */
export const createShell = (host: SshHost): Shell => wrap(host, $(optionsFor(host)))

const wrap = (host: SshHost, inner: Shell): Shell => {
  const shell = (first: TemplateStringsArray | Partial<Options>, ...values: unknown[]) => {
    if (isTemplate(first)) return dress(host, shell as Shell, first, inner(first, ...values.map(checkValue)))
    return wrap(host, inner(remoteOptions(host, first)))
  }
  Object.defineProperty(shell, 'sync', { get: () => refuseSync(host.name) })
  return shell as unknown as Shell
}

const isTemplate = (value: unknown): value is TemplateStringsArray => Array.isArray(value) && 'raw' in value

const checkValue = (value: unknown, index: number): unknown => {
  if (value === undefined || value === null) throw new TypeError(`value ${index + 1} of the command is ${value}`)
  return value
}

const refuseSync = (name: string): never => {
  throw new TypeError(`${name}: a host's $ is never synchronous; use await`)
}

/** zx would resolve `cwd` on this machine: turn it into a `cd` on the host. */
const remoteOptions = (host: SshHost, options: Partial<Options>): Partial<Options> => {
  if (options.sync) refuseSync(host.name)
  const { cwd, ...others } = options
  return cwd === undefined ? others : { ...others, prefix: `set -eu; cd ${quote(cwd.startsWith('-') ? `./${cwd}` : cwd)};` }
}

/** Replaces the parts of a zx process that would act on this machine, or would not name the host. */
const dress = (host: SshHost, shell: Shell, template: TemplateStringsArray, process: ProcessPromise): ProcessPromise => {
  const define = (name: string, value: unknown) => Object.defineProperty(process, name, { value, configurable: true, writable: true })
  define('pipe', remotePipe(host, shell, process))
  define('kill', async (signal: NodeJS.Signals = 'SIGTERM') => void process.child?.kill(signal))
  const settle = process.then.bind(process)
  const command = template.join('…').replace(/\s+/g, ' ').trim()
  define('then', (onFulfilled?: (output: ProcessOutput) => unknown, onRejected?: (reason: unknown) => unknown) =>
    settle(
      output => {
        const lost = lossOf(output)
        if (!lost) return onFulfilled ? onFulfilled(output) : output
        // nothrow concerns exit codes: a lost host has none.
        if (onRejected) return onRejected(lost)
        throw lost
      },
      reason => {
        const error = lossOf(reason) ?? commandFailure(host.name, command, reason)
        if (onRejected) return onRejected(error)
        throw error
      },
    ),
  )
  return process
}

const lossOf = (output: unknown): Unreachable | FenceRefused | undefined => {
  const { cause } = output as { cause?: unknown }
  return cause instanceof Unreachable || cause instanceof FenceRefused ? cause : undefined
}

type PipeMethod = ProcessPromise['pipe']

/** `` $`a`.pipe`b` ``: zx would run b on this machine. */
const remotePipe = (host: SshHost, shell: Shell, process: ProcessPromise): PipeMethod => {
  const original = process.pipe
  const bind =
    (method: (...args: never[]) => unknown) =>
    (destination: unknown, ...values: unknown[]) => {
      if (typeof destination === 'string') {
        throw new TypeError(
          `${host.name}: pipe('file') would write on this machine: use "> file" in the command, or pipe(createWriteStream())`,
        )
      }
      const to = isTemplate(destination) ? shell({ halt: true, signal: process.signal })(destination, ...values) : destination
      return method(...([to] as unknown as never[]))
    }
  return Object.assign(bind(original as never), {
    stdout: bind(original.stdout as never),
    stderr: bind(original.stderr as never),
    stdall: bind(original.stdall as never),
  }) as unknown as PipeMethod
}
