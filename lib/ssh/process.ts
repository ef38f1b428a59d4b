import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { bootstrapArgv, FENCE_REFUSED, fencedScript, frameScript, goLine, readyGroup } from './bootstrap.ts'
import { Unreachable } from './connection.ts'
import { createGate, type Gate, GREETING_LIMIT } from './gate.ts'
import { openChannel, type SshHost } from './host.ts'
import { asksForTerminal, becomeFailure, randomPrompt, sudoArgv, wrongPassword } from './sudo.ts'
import { openWithTerminal } from './terminal.ts'
import type { Channel, Exit } from './transport.ts'

/** A script that runs, or is about to run, on a host. */
export interface RemoteProcess {
  /** The script's own stdin; must be ended. */
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles after the script has ended and both outputs were read. @throws Unreachable, BecomeFailed */
  readonly ended: Promise<Exit>
  /** Sends a signal to the script's whole process group, from an exec of its own: sshd refuses signals to root's processes. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Ends the process group: SIGTERM, after 2 s SIGKILL; then gives the channel up. A host that does not do it within 15 s is not waited for. */
  terminate(): Promise<void>
  /** Gives the channel up at once; `ended` rejects with the error. The process may run on. */
  abandon(error: Error): void
}

interface Execution {
  readonly host: SshHost
  readonly token: string
  readonly prompt: string
  readonly frame: Buffer
  readonly stdin: PassThrough
  readonly out: Gate
  readonly err: Gate
  readonly pendingExit: PendingExit
  channel: Channel | undefined
  group: number | undefined
  passwordSent: boolean
  over: boolean
}

interface PendingExit {
  readonly given: Promise<Exit>
  resolve(exit: Exit): void
  reject(error: Error): void
}

/**
 * Starts a script; returns at once, everything that goes wrong comes by `ended`.
 * @param options.urgent does not wait for a free channel: only for what ends another script
 * @throws TypeError when the script holds a NUL byte
 */
export function startProcess(host: SshHost, script: string | Uint8Array, options: { urgent?: boolean } = {}): RemoteProcess {
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

async function live(execution: Execution, urgent: boolean): Promise<Exit> {
  const slot = urgent ? Promise.resolve(() => {}) : execution.host.slots.take()
  const limit = { timer: undefined as NodeJS.Timeout | undefined }
  try {
    const unwanted = await Promise.race([execution.pendingExit.given, slot.then(() => undefined)])
    if (unwanted) return unwanted
    return await Promise.race([execution.pendingExit.given, untilEnd(execution, limit)])
  } finally {
    clearTimeout(limit.timer)
    execution.over = true
    closeOutputs(execution)
    slot.then(release => release())
  }
}

async function untilEnd(execution: Execution, limit: { timer: NodeJS.Timeout | undefined }): Promise<Exit> {
  const exit = await runOnce(execution, limit)
  if (!refusedForTerminal(execution)) return ended(execution, exit)
  execution.host.needsTerminal = true
  execution.err.forget()
  return ended(execution, await runOnce(execution, limit))
}

async function runOnce(execution: Execution, limit: { timer: NodeJS.Timeout | undefined }): Promise<Exit> {
  const channel = await begin(execution, limit)
  const exit = await channel.ended
  await Promise.allSettled([channel.stdout, channel.stderr].map(from => finished(from, { writable: false })))
  return exit
}

async function ended(execution: Execution, exit: Exit): Promise<Exit> {
  for (const gate of [execution.out, execution.err]) gate.stream.end()
  await outputsRead(execution)
  if (execution.err.isOpen()) return exit
  throw notStarted(execution, exit)
}

function refusedForTerminal({ host, err, passwordSent, over }: Execution): boolean {
  return host.transport.terminals && !host.needsTerminal && !err.isOpen() && !passwordSent && !over && asksForTerminal(err.held())
}

async function begin(execution: Execution, limit: { timer: NodeJS.Timeout | undefined }): Promise<Channel> {
  const { host, token } = execution
  clearTimeout(limit.timer)
  limit.timer = setTimeout(() => {
    // The limit is for the way to the script, the opening of a channel included; it is none for the script.
    if (!execution.out.isOpen()) execution.pendingExit.reject(startTimeout(execution))
  }, host.startLimit)
  const sudo = host.become ? sudoArgv(host.become, execution.prompt) : []
  const argv = [...sudo, ...bootstrapArgv(token, { isFenced: host.fence !== undefined })]
  const channel = await (host.needsTerminal ? openWithTerminal(host, argv, token) : openChannel(host, argv))
  channel.ended.catch(() => {})
  // Given up while the channel was being opened.
  if (execution.over) {
    channel.destroy()
    return channel
  }
  execution.channel = channel
  attach(channel.stdout, execution.out)
  attach(channel.stderr, execution.err)
  if (!host.become) sendScript(execution)
  return channel
}

function attach(from: Readable, gate: Gate): void {
  // The gate stays open for another try.
  from.pipe(gate.stream, { end: false })
  // A reader that closed its end must not stall the channel: both outputs share one window.
  gate.stream.once('close', () => from.resume())
}

/** The bootstrap's words on stdout: it is there; it starts the script. */
function heardOnStdout(execution: Execution, held: string, open: boolean): void {
  const { channel, host } = execution
  if (!channel) return
  if (execution.group === undefined) {
    execution.group = readyGroup(held, execution.token)
    if (execution.group !== undefined && host.become) sendScript(execution)
  }
  // Only now: a `head` that reads ahead (busybox) would have swallowed the script's input.
  if (open && !channel.stdin.writableEnded) execution.stdin.pipe(channel.stdin)
}

/** sudo's words on stderr: the password goes out on its own prompt alone, and once. */
function heardOnStderr(execution: Execution, held: string): void {
  const { become, name, transport } = execution.host
  if (become?.password === undefined || execution.group !== undefined) return
  const asked = held.split(execution.prompt).length - 1
  if (asked > 1) execution.pendingExit.reject(wrongPassword(name, transport.loginUser, become))
  if (asked !== 1 || execution.passwordSent) return
  execution.passwordSent = true
  execution.channel?.stdin.write(`${become.password}\n`)
}

function sendScript(execution: Execution): void {
  const { channel, frame, stdin } = execution
  // End of file at once where there is no input: it saves a round trip, 40 ms over a jump host.
  if (stdin.writableEnded && stdin.readableLength === 0) channel?.stdin.end(frame)
  else channel?.stdin.write(frame)
}

async function outputsRead(execution: Execution): Promise<void> {
  await Promise.allSettled([execution.out, execution.err].map(gate => finished(gate.stream, { writable: false })))
}

function closeOutputs(execution: Execution): void {
  const { channel, stdin } = execution
  for (const [from, gate] of [[channel?.stdout, execution.out] as const, [channel?.stderr, execution.err] as const]) {
    if (gate.stream.writableEnded) continue
    from?.unpipe(gate.stream)
    from?.resume()
    gate.stream.end()
  }
  if (channel) stdin.unpipe(channel.stdin)
  // Whoever still writes must not wait for a reader.
  stdin.resume()
  channel?.destroy()
}

async function sendSignal(execution: Execution, signal: NodeJS.Signals): Promise<void> {
  if (execution.over) return
  if (execution.group === undefined) return execution.pendingExit.resolve({ code: null, signal })
  await runQuietly(execution.host, killScript(execution.group, `kill -${signal.slice(3)} -${execution.group} 2>/dev/null`))
}

async function terminate(execution: Execution): Promise<void> {
  if (execution.over) return
  const { group, host } = execution
  try {
    if (group !== undefined) await runQuietly(host, endScript(group), END_LIMIT)
  } finally {
    execution.pendingExit.resolve({ code: null, signal: 'SIGTERM' })
  }
}

/** Refuses when the host runs all its commands in one group (no setsid in its server): that group is not the script's alone. */
function killScript(group: number, then: string): string {
  return `read -r l </proc/$$/stat; l=\${l##*) }; set -- $l; [ "$3" = ${group} ] && exit 1\n${then}\n:`
}

/** Ends a process group: SIGTERM, after 2 s SIGKILL. */
export const endScript = (group: number): string => killScript(group, endGroup(group))

function endGroup(group: number): string {
  const alive = `kill -0 -${group} 2>/dev/null`
  const wait = `i=0; while ${alive} && [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done`
  return `kill -TERM -${group} 2>/dev/null; ${wait}; ${alive} && kill -KILL -${group} 2>/dev/null`
}

/** ms until a host that should end a process is given up: the same that makes the one endless may make the other so. */
const END_LIMIT = 15_000
/** Bytes that such a script may print: it prints nothing. */
const QUIET = 64 * 1024

async function runQuietly(host: SshHost, script: string, limit = END_LIMIT): Promise<void> {
  const { fence: _, ...unfenced } = host
  const killer = startProcess(unfenced, script, { urgent: true })
  const giveUp = () => killer.abandon(new Error(`${host.name}: a process there could not be ended`))
  const timer = setTimeout(giveUp, limit)
  let seen = 0
  for (const output of [killer.stdout, killer.stderr])
    output.on('data', (piece: Buffer) => {
      seen += piece.length
      if (seen > QUIET) giveUp()
    })
  killer.stdin.end()
  try {
    await killer.ended
  } finally {
    clearTimeout(timer)
  }
}

function createPendingExit(): PendingExit {
  let resolve: PendingExit['resolve'] = () => {}
  let reject: PendingExit['reject'] = () => {}
  const given = new Promise<Exit>((yes, no) => {
    resolve = yes
    reject = no
  })
  given.catch(() => {})
  return { given, resolve, reject }
}

function notStarted(execution: Execution, exit: Exit): Error {
  const { host } = execution
  const login = host.transport.loginUser
  if (host.fence && execution.group !== undefined && exit.code === FENCE_REFUSED)
    return host.fence.refused(host.name, execution.err.held().trim())
  const said = `${execution.err.held()}${execution.out.held()}`.replaceAll(execution.prompt, '').trim()
  if (host.become && execution.group === undefined) return becomeFailure(host.name, login, host.become, said)
  const how = exit.signal ? `by ${exit.signal}` : `with exit code ${exit.code}`
  const message = `${host.name}: the shell of ${login} ended ${how} before the script began${said ? `: ${said}` : ''}`
  return new Unreachable(host.name, message, `${login} needs a working POSIX sh on the host: try "ssh ${login}@... true".`)
}

function flooded({ host, pendingExit }: Execution): void {
  const hint = 'Does its login shell, or a ForceCommand of its sshd, print without end?'
  pendingExit.reject(
    new Unreachable(host.name, `${host.name}: more than ${GREETING_LIMIT / 1024 ** 2} MiB came before the shell began`, hint),
  )
}

function startTimeout(execution: Execution): Error {
  const { host } = execution
  const seconds = Math.round(host.startLimit / 1000)
  const what = host.become && execution.group === undefined ? 'sudo and the shell' : 'the shell'
  const hint = 'Does its login shell ask something, or wait for a directory service?'
  return new Unreachable(host.name, `${host.name}: ${what} did not answer within ${seconds} s`, hint)
}
