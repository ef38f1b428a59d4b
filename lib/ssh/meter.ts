import type { Readable } from 'node:stream'
import { startedProcesses } from './bootstrap.ts'

/** The cost of one command on a host. */
export interface ExecCost {
  /** Start time, ms since 1970 by this machine's clock. */
  from: number
  ms: number
  /** Bytes of the script and its input, and of both outputs, without the overhead of ssh. */
  sent: number
  received: number
  /** How many processes the host had started before; undefined if it was not reported. */
  processes?: number
}

export type OnExec = (cost: ExecCost) => void

/** Measures one command. */
export interface Meter {
  started(): void
  sent(bytes: number): void
  sends(from: Readable): void
  receives(from: Readable): void
  ended(held: string, token: string): void
}

/** Undefined without `onExec`: then nothing is counted. */
export const createMeter = (onExec: OnExec | undefined): Meter | undefined => {
  if (!onExec) return undefined
  const cost = { from: 0, sent: 0, received: 0 }
  return {
    started() {
      cost.from ||= Date.now()
    },
    sent(bytes) {
      cost.sent += bytes
    },
    sends: from => void from.on('data', (piece: Buffer) => (cost.sent += piece.length)),
    receives: from => void from.on('data', (piece: Buffer) => (cost.received += piece.length)),
    ended(held, token) {
      // A command that never got a channel does not count.
      if (cost.from === 0) return
      const processes = startedProcesses(held, token)
      onExec({ ...cost, ms: Date.now() - cost.from, ...(processes !== undefined && { processes }) })
    },
  }
}
