import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { bootstrapArgv, FENCE_REFUSED, fencedScript, frameScript, goLine, readyGroup } from './bootstrap.ts'
import { Unreachable } from './connection.ts'
import { createGate, type Gate, GREETING_LIMIT } from './gate.ts'
import { type Host, openChannel } from './host.ts'
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

interface Life {
  readonly host: Host
  readonly token: string
  readonly prompt: string
  readonly frame: Buffer
  readonly stdin: PassThrough
  readonly out: Gate
  readonly err: Gate
  readonly verdict: Verdict
  channel: Channel | undefined
  group: number | undefined
  passwordSent: boolean
  over: boolean
}

interface Verdict {
  readonly given: Promise<Exit>
  resolve(exit: Exit): void
  reject(error: Error): void
}

/**
 * Starts a script; returns at once, everything that goes wrong comes by `ended`.
 * @param options.urgent does not wait for a free channel: only for what ends another script
 * @throws TypeError when the script holds a NUL byte
 */
export function startProcess(host: Host, script: string | Uint8Array, options: { urgent?: boolean } = {}): RemoteProcess {
  const token = `nfsha-${randomBytes(12).toString('hex')}`
  const life: Life = {
    host,
    token,
    prompt: randomPrompt(),
    frame: frameScript(host.fence ? fencedScript(script, token, host.fence) : script, token),
    stdin: new PassThrough(),
    out: createGate(
      goLine(token),
      (held, open) => heardOnStdout(life, held, open),
      () => flooded(life),
    ),
    err: createGate(
      goLine(token),
      held => heardOnStderr(life, held),
      () => flooded(life),
    ),
    verdict: createVerdict(),
    channel: undefined,
    group: undefined,
    passwordSent: false,
    over: false,
  }
  const ended = live(life, options.urgent ?? false)
  ended.catch(() => {})
  return {
    stdin: life.stdin,
    stdout: life.out.stream,
    stderr: life.err.stream,
    ended,
    kill: signal => sendSignal(life, signal),
    terminate: () => terminate(life),
    abandon: error => life.verdict.reject(error),
  }
}

async function live(life: Life, urgent: boolean): Promise<Exit> {
  const slot = urgent ? Promise.resolve(() => {}) : life.host.slots.take()
  const limit = { timer: undefined as NodeJS.Timeout | undefined }
  try {
    const unwanted = await Promise.race([life.verdict.given, slot.then(() => undefined)])
    if (unwanted) return unwanted
    return await Promise.race([life.verdict.given, untilEnd(life, limit)])
  } finally {
    clearTimeout(limit.timer)
    life.over = true
    closeOutputs(life)
    slot.then(release => release())
  }
}

async function untilEnd(life: Life, limit: { timer: NodeJS.Timeout | undefined }): Promise<Exit> {
  const exit = await runOnce(life, limit)
  if (!refusedForTerminal(life)) return ended(life, exit)
  life.host.needsTerminal = true
  life.err.forget()
  return ended(life, await runOnce(life, limit))
}

async function runOnce(life: Life, limit: { timer: NodeJS.Timeout | undefined }): Promise<Exit> {
  const channel = await begin(life, limit)
  const exit = await channel.ended
  await Promise.allSettled([channel.stdout, channel.stderr].map(from => finished(from, { writable: false })))
  return exit
}

async function ended(life: Life, exit: Exit): Promise<Exit> {
  for (const gate of [life.out, life.err]) gate.stream.end()
  await outputsRead(life)
  if (life.err.isOpen()) return exit
  throw notStarted(life, exit)
}

function refusedForTerminal({ host, err, passwordSent, over }: Life): boolean {
  return host.transport.terminals && !host.needsTerminal && !err.isOpen() && !passwordSent && !over && asksForTerminal(err.held())
}

async function begin(life: Life, limit: { timer: NodeJS.Timeout | undefined }): Promise<Channel> {
  const { host, token } = life
  clearTimeout(limit.timer)
  limit.timer = setTimeout(() => {
    // The limit is for the way to the script, the opening of a channel included; it is none for the script.
    if (!life.out.isOpen()) life.verdict.reject(startTimeout(life))
  }, host.startLimit)
  const sudo = host.become ? sudoArgv(host.become, life.prompt) : []
  const argv = [...sudo, ...bootstrapArgv(token, { isFenced: host.fence !== undefined })]
  const channel = await (host.needsTerminal ? openWithTerminal(host, argv, token) : openChannel(host, argv))
  channel.ended.catch(() => {})
  // Given up while the channel was being opened.
  if (life.over) {
    channel.destroy()
    return channel
  }
  life.channel = channel
  attach(channel.stdout, life.out)
  attach(channel.stderr, life.err)
  if (!host.become) sendScript(life)
  return channel
}

function attach(from: Readable, gate: Gate): void {
  // The gate stays open for another try.
  from.pipe(gate.stream, { end: false })
  // A reader that closed its end must not stall the channel: both outputs share one window.
  gate.stream.once('close', () => from.resume())
}

/** The bootstrap's words on stdout: it is there; it starts the script. */
function heardOnStdout(life: Life, held: string, open: boolean): void {
  const { channel, host } = life
  if (!channel) return
  if (life.group === undefined) {
    life.group = readyGroup(held, life.token)
    if (life.group !== undefined && host.become) sendScript(life)
  }
  // Only now: a `head` that reads ahead (busybox) would have swallowed the script's input.
  if (open && !channel.stdin.writableEnded) life.stdin.pipe(channel.stdin)
}

/** sudo's words on stderr: the password goes out on its own prompt alone, and once. */
function heardOnStderr(life: Life, held: string): void {
  const { become, name, transport } = life.host
  if (become?.password === undefined || life.group !== undefined) return
  const asked = held.split(life.prompt).length - 1
  if (asked > 1) life.verdict.reject(wrongPassword(name, transport.loginUser, become))
  if (asked !== 1 || life.passwordSent) return
  life.passwordSent = true
  life.channel?.stdin.write(`${become.password}\n`)
}

function sendScript(life: Life): void {
  const { channel, frame, stdin } = life
  // End of file at once where there is no input: it saves a round trip, 40 ms over a jump host.
  if (stdin.writableEnded && stdin.readableLength === 0) channel?.stdin.end(frame)
  else channel?.stdin.write(frame)
}

async function outputsRead(life: Life): Promise<void> {
  await Promise.allSettled([life.out, life.err].map(gate => finished(gate.stream, { writable: false })))
}

function closeOutputs(life: Life): void {
  const { channel, stdin } = life
  for (const [from, gate] of [[channel?.stdout, life.out] as const, [channel?.stderr, life.err] as const]) {
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

async function sendSignal(life: Life, signal: NodeJS.Signals): Promise<void> {
  if (life.over) return
  if (life.group === undefined) return life.verdict.resolve({ code: null, signal })
  await runQuietly(life.host, killScript(life.group, `kill -${signal.slice(3)} -${life.group} 2>/dev/null`))
}

async function terminate(life: Life): Promise<void> {
  if (life.over) return
  const { group, host } = life
  try {
    if (group !== undefined) await runQuietly(host, endScript(group), END_LIMIT)
  } finally {
    life.verdict.resolve({ code: null, signal: 'SIGTERM' })
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

async function runQuietly(host: Host, script: string, limit = END_LIMIT): Promise<void> {
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

function createVerdict(): Verdict {
  let resolve: Verdict['resolve'] = () => {}
  let reject: Verdict['reject'] = () => {}
  const given = new Promise<Exit>((yes, no) => {
    resolve = yes
    reject = no
  })
  given.catch(() => {})
  return { given, resolve, reject }
}

function notStarted(life: Life, exit: Exit): Error {
  const { host } = life
  const login = host.transport.loginUser
  if (host.fence && life.group !== undefined && exit.code === FENCE_REFUSED) return host.fence.refused(host.name, life.err.held().trim())
  const said = `${life.err.held()}${life.out.held()}`.replaceAll(life.prompt, '').trim()
  if (host.become && life.group === undefined) return becomeFailure(host.name, login, host.become, said)
  const how = exit.signal ? `by ${exit.signal}` : `with exit code ${exit.code}`
  const message = `${host.name}: the shell of ${login} ended ${how} before the script began${said ? `: ${said}` : ''}`
  return new Unreachable(host.name, message, `${login} needs a working POSIX sh on the host: try "ssh ${login}@... true".`)
}

function flooded({ host, verdict }: Life): void {
  const hint = 'Does its login shell, or a ForceCommand of its sshd, print without end?'
  verdict.reject(new Unreachable(host.name, `${host.name}: more than ${GREETING_LIMIT / 1024 ** 2} MiB came before the shell began`, hint))
}

function startTimeout(life: Life): Error {
  const { host } = life
  const seconds = Math.round(host.startLimit / 1000)
  const what = host.become && life.group === undefined ? 'sudo and the shell' : 'the shell'
  const hint = 'Does its login shell ask something, or wait for a directory service?'
  return new Unreachable(host.name, `${host.name}: ${what} did not answer within ${seconds} s`, hint)
}
