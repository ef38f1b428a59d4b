import type { Readable, Writable } from 'node:stream'

/** How a command ended: an exit code, or the signal that ended it. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** One running command's streams. Both outputs must be read, or the command stalls. */
export interface Channel {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the command has ended and its stdout was read; rejects with Unreachable when the host was lost before. */
  readonly ended: Promise<Exit>
  /** Gives the channel up; the command itself may run on. */
  destroy(): void
}

/** A way to start commands on a host: ssh, or this machine's own shell. */
export interface Transport {
  /** Who commands run as before any `become`. */
  readonly loginUser: string
  /** Whether it can give a command a terminal. */
  readonly terminals: boolean
  /**
   * @param options.terminal with a controlling terminal, which is then all of its streams: outputs come mixed, and what is written is edited and echoed
   * @throws ChannelRefused when there are too many channels, Unreachable when the host is lost.
   */
  open(argv: readonly string[], options?: { terminal?: boolean }): Promise<Channel>
  close(): Promise<void>
}

/** The host is there and refused one more channel (sshd's MaxSessions): worth another try when one was closed. */
export class ChannelRefused extends Error {
  override readonly name = 'ChannelRefused'
}
