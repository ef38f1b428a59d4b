import type { Connection, ConnectionTarget } from './connection.ts'
import type { SshHost } from './host.ts'
import { createLocalTransport } from './local-transport.ts'
import type { OnExec } from './meter.ts'
import { runScript } from './run.ts'
import { createSlots } from './slots.ts'
import type { Keepalive } from './ssh-client.ts'
import type { Transport } from './transport.ts'
import { uploadFile } from './upload.ts'

type ZxShell = typeof import('./zx-shell.ts')

export interface ConnectOptions {
  /** Commands at the same time on one connection. sshd allows 10 (MaxSessions) and frees their places late. */
  maxChannels?: number
  /** ms until a command's shell, and sudo before it, must have answered; default 30 000, or the time a connection may take if that is more. */
  startLimit?: number
  /** How a dead peer is noticed; default 7 times 5 s. */
  keepalive?: Keepalive
  /** Called at the end of each command with what it took. */
  onExec?: OnExec | undefined
}

const maxChannels = 4
const startLimit = 30_000

/**
 * Opens the one connection to a host. Privileges are raised for each command as it starts: a sudo that refuses shows with the first.
 * @throws Unreachable
 */
export const connect = async (target: ConnectionTarget, options: ConnectOptions = {}): Promise<Connection> => {
  const transport = await openTransport(target, options)
  // zx is loaded when there is a host to use it on: most of what the command line does needs none.
  const { createShell } = await import('./zx-shell.ts')
  const host: SshHost = {
    name: target.name,
    transport,
    slots: createSlots(options.maxChannels ?? maxChannels),
    become: target.become?.user === transport.loginUser ? undefined : target.become,
    needsTerminal: false,
    counts: { connections: 1, execs: 0 },
    onExec: options.onExec,
    startLimit: options.startLimit ?? Math.max(startLimit, target.kind === 'ssh' ? (target.connectTimeout ?? 0) : 0),
  }
  return connectionTo(host, createShell)
}

const connectionTo = (host: SshHost, createShell: ZxShell['createShell']): Connection => ({
  host: host.name,
  $: createShell(host),
  run: (script, scriptOptions) => runScript(host, script, scriptOptions),
  upload: (localFile, path, uploadOptions) => uploadFile(host, localFile, path, uploadOptions),
  fenced: fence => connectionTo({ ...host, fence }, createShell),
  counts: host.counts,
  close: () => host.transport.close(),
})

const openTransport = async (target: ConnectionTarget, { keepalive }: ConnectOptions): Promise<Transport> => {
  if (target.kind === 'local') return createLocalTransport(target.name)
  // ssh2 takes 31 ms to load.
  const { openSshTransport } = await import('./ssh-transport.ts')
  return openSshTransport(target, keepalive)
}
