import type { Client, ClientChannel } from 'ssh2'
import { type ConnectionTarget, Unreachable } from './connection.ts'
import { quote } from './quote.ts'
import { type Keepalive, type OpenClient, openClient } from './ssh-client.ts'
import { type Channel, ChannelRefused, type Exit, type Transport } from './transport.ts'

/** Reason code of a refused channel: SSH_OPEN_CONNECT_FAILED (RFC 4254, section 5.1), sshd's answer beyond MaxSessions. */
const connectFailed = 2
/** ms to wait for the host to close its side: our disconnect has been sent by then, and the answer does not matter. */
const closeLimit = 100

/** Connects with ssh. @throws Unreachable */
export const openSshTransport = async (target: ConnectionTarget, keepalive?: Keepalive): Promise<Transport> => {
  const open = await openClient(target, keepalive)
  const loss = watchLoss(target.name, open.client)
  return {
    loginUser: open.config.user,
    terminals: true,
    open: (argv, { terminal = false } = {}) => openExec(target.name, open.client, loss, argv.map(quote).join(' '), terminal),
    close: () => closeAll(open, loss.isClosed),
  }
}

interface Loss {
  /** Why the connection ended; called when something on it failed. */
  explain(doing: string, cause?: unknown): Unreachable
  isClosed(): boolean
}

const watchLoss = (host: string, client: Client): Loss => {
  let reason: string | undefined
  let closed = false
  // Without a listener an error would crash the whole program.
  client.on('error', error => {
    reason ??= error.message
  })
  client.on('close', () => {
    closed = true
    reason ??= 'the peer closed it'
  })
  return {
    isClosed: () => closed,
    explain(doing, cause) {
      const hint = 'Is the machine up? Its last command may still be running there. Run again: it continues from the current state.'
      return new Unreachable(host, `${host}: the connection was lost ${doing}: ${reason ?? 'no answer'}`, hint, cause)
    },
  }
}

const openExec = (host: string, client: Client, loss: Loss, command: string, pty: boolean): Promise<Channel> =>
  new Promise((resolve, reject) => {
    const refused = (error: unknown) => {
      const { reason, message } = error as { reason?: number; message: string }
      if (pty && /pseudo-terminal/.test(message)) return reject(noTerminal(host, error))
      reject(reason === connectFailed ? new ChannelRefused(`${host}: ${message}`) : loss.explain('while starting a command', error))
    }
    try {
      client.exec(command, { pty }, (error, channel) => (error ? refused(error) : resolve(channelOf(channel, loss))))
    } catch (error) {
      refused(error)
    }
  })

const noTerminal = (host: string, cause: unknown): Unreachable => {
  const hint = 'Allow one of the two on the host: PermitTTY yes in sshd_config, or "Defaults !requiretty" in sudoers (visudo).'
  return new Unreachable(host, `${host}: sudo requires a terminal (requiretty), and sshd does not allocate one`, hint, cause)
}

const channelOf = (channel: ClientChannel, loss: Loss): Channel => {
  // The command may never read its input.
  channel.on('error', () => {})
  return { stdin: channel, stdout: channel, stderr: channel.stderr, ended: exitOf(channel, loss), destroy: () => channel.destroy() }
}

const exitOf = (channel: ClientChannel, loss: Loss): Promise<Exit> =>
  new Promise((resolve, reject) => {
    let exit: Exit | undefined
    channel.on('exit', (code: number | null, signal?: string) => {
      exit = { code, signal: (signal ?? null) as NodeJS.Signals | null }
    })
    // sshd always reports how a command ended: a channel that closes without a report is a lost connection.
    channel.on('close', () => (exit ? resolve(exit) : reject(loss.explain('while a command was running'))))
  })

const closeAll = async ({ client, hops }: OpenClient, isLost: () => boolean): Promise<void> => {
  if (!isLost()) await closeClient(client)
  for (const hop of hops) hop.end()
}

const closeClient = (client: Client): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(() => client.destroy(), closeLimit)
    client.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    client.end()
  })
