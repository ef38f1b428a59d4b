import { setTimeout as delay } from 'node:timers/promises'
import { type Fence, Unreachable } from './connection.ts'
import type { OnExec } from './meter.ts'
import type { Slots } from './slots.ts'
import type { Become } from './sudo.ts'
import { type Channel, ChannelRefused, type Transport } from './transport.ts'

/** What every command on one host shares. */
export interface SshHost {
  /** Inventory name. */
  readonly name: string
  readonly transport: Transport
  readonly slots: Slots
  /** Undefined when the login user is already who commands are to run as. */
  readonly become: Become | undefined
  /** sudo there runs with a terminal only (requiretty): found out by the first command that it refuses. */
  needsTerminal: boolean
  /** What must hold on the host for anything to run there. */
  readonly fence?: Fence
  readonly counts: { connections: number; execs: number }
  /** Called at the end of each command with what it took; nothing is measured without it. */
  readonly onExec?: OnExec | undefined
  /** ms until a command's shell, and sudo before it, must have answered. */
  readonly startLimit: number
}

/** ms between tries to open a channel: sshd frees the place of one that ended a little later than it says so. */
const refusedDelays = [10, 20, 50, 100, 200, 500, 1000, 2000, 2000, 2000]

/** Starts a command on the host, waiting while the host refuses another channel. @throws Unreachable */
export const openChannel = async (host: SshHost, argv: readonly string[], options: { terminal?: boolean } = {}): Promise<Channel> => {
  for (const pause of [...refusedDelays, undefined]) {
    try {
      host.counts.execs++
      return await host.transport.open(argv, options)
    } catch (error) {
      host.counts.execs--
      if (!(error instanceof ChannelRefused)) throw error
      if (pause === undefined) throw sessionsExhausted(host.name, error)
      await delay(pause)
    }
  }
  throw sessionsExhausted(host.name)
}

const sessionsExhausted = (name: string, cause?: unknown): Unreachable => {
  const hint = 'Is MaxSessions in its sshd_config below 5, or does another program use the same connection?'
  return new Unreachable(name, `${name}: sshd refuses another session on this connection`, hint, cause)
}
