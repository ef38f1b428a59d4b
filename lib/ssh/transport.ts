import type { Readable, Writable } from 'node:stream'

/** How a command ended: an exit code, or the signal that killed it. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** The streams of one running command. Both outputs must be read, or the command stalls. */
export interface Channel {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the command has ended and its stdout has been read; rejects with Unreachable when the host is lost before. */
  readonly ended: Promise<Exit>
  /** Closes the channel; the command itself may keep running. */
  destroy(): void
}

/** Starts commands on a host: through ssh or this machine's own shell. */
export interface Transport {
  /** The user that commands run as before any `become`. */
  readonly loginUser: string
  /** Whether it can give a command a terminal. */
  readonly terminals: boolean
  /**
   * @param options.terminal with a controlling terminal for all streams: outputs are mixed, and input is line-edited and echoed
   * @throws ChannelRefused when there are too many channels, Unreachable when the host is lost
   */
  open(argv: readonly string[], options?: { terminal?: boolean }): Promise<Channel>
  close(): Promise<void>
}

/** The host is reachable but refused another channel (sshd's MaxSessions): retry once a channel has closed. */
export class ChannelRefused extends Error {
  override readonly name = 'ChannelRefused'
}
