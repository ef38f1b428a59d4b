import { setTimeout as delay } from 'node:timers/promises'
import { type Fence, Unreachable } from './connection.ts'
import type { OnExec } from './meter.ts'
import type { Slots } from './slots.ts'
import type { Become } from './sudo.ts'
import { type Channel, ChannelRefused, type Transport } from './transport.ts'

/** State shared by all commands on one host. */
export interface SshHost {
  /** Inventory name. */
  readonly name: string
  readonly transport: Transport
  readonly slots: Slots
  /** Undefined when commands run as the login user. */
  readonly become: Become | undefined
  /** sudo requires a terminal (requiretty): set by the first command that it refuses. */
  needsTerminal: boolean
  /** The condition under which anything may run on the host. */
  readonly fence?: Fence
  readonly counts: { connections: number; execs: number }
  /** Called at the end of each command with its cost; without it nothing is measured. */
  readonly onExec?: OnExec | undefined
  /** ms within which a command's shell, and sudo before it, must answer. */
  readonly startLimit: number
}

/** ms between attempts to open a channel: sshd frees a session slightly after it reports the end of the command. */
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
