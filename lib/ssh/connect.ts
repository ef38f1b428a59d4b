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
  /** Concurrent commands on one connection. sshd allows 10 (MaxSessions) and frees the sessions late. */
  maxChannels?: number
  /** ms within which a command's shell, and sudo before it, must answer; default 30 000, or the connect timeout if that is longer. */
  startLimit?: number
  /** How a dead peer is detected; default 7 times 5 s. */
  keepalive?: Keepalive
  /** Called at the end of each command with its cost. */
  onExec?: OnExec | undefined
}

const maxChannels = 4
const startLimit = 30_000

/**
 * Opens the one connection to a host. Each command raises its privileges when it starts, so a refusal by sudo shows at the first command.
 * @throws Unreachable
 */
export const connect = async (target: ConnectionTarget, options: ConnectOptions = {}): Promise<Connection> => {
  const transport = await openTransport(target, options)
  // zx is loaded only when there is a host to use it on: most commands of the CLI do not need it.
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
