import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { bootstrapArgv, fencedScript, frameScript, goLine } from './bootstrap.ts'
import { endScript, killScript } from './end-script.ts'
import { createPendingExit, type Execution } from './execution.ts'
import { createGate, type Gate } from './gate.ts'
import { heardOnStderr, heardOnStdout, refusedForTerminal, sendScript } from './handshake.ts'
import { openChannel, type SshHost } from './host.ts'
import { createMeter } from './meter.ts'
import { flooded, notStarted, startTimeout } from './start-failure.ts'
import { randomPrompt, sudoArgv } from './sudo.ts'
import { openWithTerminal } from './terminal.ts'
import type { Channel, Exit } from './transport.ts'

/** A script that is running, or about to run, on a host. */
export interface RemoteProcess {
  /** The script's own stdin; must be ended. */
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the script has ended and both outputs have been read. @throws Unreachable, BecomeFailed */
  readonly ended: Promise<Exit>
  /** Sends a signal to the script's process group with a separate exec: sshd refuses signals to root's processes. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Kills the process group (SIGTERM, after 2 s SIGKILL), then closes the channel. Waits at most 15 s for the host. */
  terminate(): Promise<void>
  /** Closes the channel at once; `ended` rejects with the error. The process may keep running. */
  abandon(error: Error): void
}

/**
 * Starts a script and returns at once; all errors are reported by `ended`.
 * @param options.urgent does not wait for a free channel: only for scripts that kill another one
 * @throws TypeError when the script contains a NUL byte
 */
export const startProcess = (host: SshHost, script: string | Uint8Array, options: { urgent?: boolean } = {}): RemoteProcess => {
  const token = `nfsha-${randomBytes(12).toString('hex')}`
  const execution: Execution = {
    host,
    token,
    prompt: randomPrompt(),
    frame: frameScript(host.fence ? fencedScript(script, token, host.fence) : script, token),
    stdin: new PassThrough(),
    out: createGate(
      goLine(token),
      (held, open) => heardOnStdout(execution, held, open),
      () => flooded(execution),
    ),
    err: createGate(
      goLine(token),
      held => heardOnStderr(execution, held),
      () => flooded(execution),
    ),
    pendingExit: createPendingExit(),
    meter: createMeter(host.onExec),
    channel: undefined,
    group: undefined,
    passwordSent: false,
    over: false,
  }
  const ended = live(execution, options.urgent ?? false)
  ended.catch(() => {})
  return {
    stdin: execution.stdin,
    stdout: execution.out.stream,
    stderr: execution.err.stream,
    ended,
    kill: signal => sendSignal(execution, signal),
    terminate: () => terminate(execution),
    abandon: error => execution.pendingExit.reject(error),
  }
}

const live = async (execution: Execution, urgent: boolean): Promise<Exit> => {
  const slot = urgent ? Promise.resolve(() => {}) : execution.host.slots.take()
  const limit = { timer: undefined as NodeJS.Timeout | undefined }
  try {
    const unwanted = await Promise.race([execution.pendingExit.given, slot.then(() => undefined)])
    if (unwanted) return unwanted
    return await Promise.race([execution.pendingExit.given, untilEnd(execution, limit)])
  } finally {
    clearTimeout(limit.timer)
    execution.over = true
    execution.meter?.ended(execution.out.held(), execution.token)
    closeOutputs(execution)
    slot.then(release => release())
  }
}

const untilEnd = async (execution: Execution, limit: { timer: NodeJS.Timeout | undefined }): Promise<Exit> => {
  const exit = await runOnce(execution, limit)
  if (!refusedForTerminal(execution)) return ended(execution, exit)
  execution.host.needsTerminal = true
  execution.err.forget()
  return ended(execution, await runOnce(execution, limit))
}

const runOnce = async (execution: Execution, limit: { timer: NodeJS.Timeout | undefined }): Promise<Exit> => {
  const channel = await begin(execution, limit)
  const exit = await channel.ended
  await Promise.allSettled([channel.stdout, channel.stderr].map(from => finished(from, { writable: false })))
  return exit
}

const ended = async (execution: Execution, exit: Exit): Promise<Exit> => {
  for (const gate of [execution.out, execution.err]) gate.stream.end()
  await outputsRead(execution)
  if (execution.err.isOpen()) return exit
  throw notStarted(execution, exit)
}

const begin = async (execution: Execution, limit: { timer: NodeJS.Timeout | undefined }): Promise<Channel> => {
  const { host, token, meter } = execution
  clearTimeout(limit.timer)
  limit.timer = setTimeout(() => {
    // The limit covers everything up to the start of the script, including the opening of a channel, but not the script.
    if (!execution.out.isOpen()) execution.pendingExit.reject(startTimeout(execution))
  }, host.startLimit)
  const sudo = host.become ? sudoArgv(host.become, execution.prompt) : []
  const argv = [...sudo, ...bootstrapArgv(token, { isFenced: host.fence !== undefined, isMetered: meter !== undefined })]
  meter?.started()
  const channel = await (host.needsTerminal ? openWithTerminal(host, argv, token) : openChannel(host, argv))
  channel.ended.catch(() => {})
  // Abandoned while the channel was being opened.
  if (execution.over) {
    channel.destroy()
    return channel
  }
  execution.channel = channel
  attach(channel.stdout, execution.out)
  attach(channel.stderr, execution.err)
  for (const output of [channel.stdout, channel.stderr]) meter?.receives(output)
  if (!host.become) sendScript(execution)
  return channel
}

const attach = (from: Readable, gate: Gate): void => {
  // Do not end the gate: a retry uses it again.
  from.pipe(gate.stream, { end: false })
  // A reader that has closed its end must not stall the channel: both outputs share one window.
  gate.stream.once('close', () => from.resume())
}

const outputsRead = async (execution: Execution): Promise<void> => {
  await Promise.allSettled([execution.out, execution.err].map(gate => finished(gate.stream, { writable: false })))
}

const closeOutputs = (execution: Execution): void => {
  const { channel, stdin } = execution
  for (const [from, gate] of [[channel?.stdout, execution.out] as const, [channel?.stderr, execution.err] as const]) {
    if (gate.stream.writableEnded) continue
    from?.unpipe(gate.stream)
    from?.resume()
    gate.stream.end()
  }
  if (channel) stdin.unpipe(channel.stdin)
  // A pending writer must not wait for a reader.
  stdin.resume()
  channel?.destroy()
}

const sendSignal = async (execution: Execution, signal: NodeJS.Signals): Promise<void> => {
  if (execution.over) return
  if (execution.group === undefined) return execution.pendingExit.resolve({ code: null, signal })
  await runQuietly(execution.host, killScript(execution.group, `kill -${signal.slice(3)} -${execution.group} 2>/dev/null`))
}

const terminate = async (execution: Execution): Promise<void> => {
  if (execution.over) return
  const { group, host } = execution
  try {
    if (group !== undefined) await runQuietly(host, endScript(group), endLimit)
  } finally {
    execution.pendingExit.resolve({ code: null, signal: 'SIGTERM' })
  }
}

/** ms to wait for a host to kill a process: whatever made that process hang may also hang the kill. */
const endLimit = 15_000
/** Maximum output of such a script in bytes: normally it prints nothing. */
const quiet = 64 * 1024

const runQuietly = async (host: SshHost, script: string, limit = endLimit): Promise<void> => {
  const { fence: _, ...unfenced } = host
  const killer = startProcess(unfenced, script, { urgent: true })
  const giveUp = () => killer.abandon(new Error(`${host.name}: a process there could not be ended`))
  const timer = setTimeout(giveUp, limit)
  let seen = 0
  for (const output of [killer.stdout, killer.stderr])
    output.on('data', (piece: Buffer) => {
      seen += piece.length
      if (seen > quiet) giveUp()
    })
  killer.stdin.end()
  try {
    await killer.ended
  } finally {
    clearTimeout(timer)
  }
}
