import type { Readable } from 'node:stream'
import { startedProcesses } from './bootstrap.ts'

/** What one command on a host took. */
export interface ExecCost {
  /** When it was started, ms since 1970 by this machine's clock. */
  from: number
  ms: number
  /** Bytes of the script and its input, and of both outputs: without what ssh adds. */
  sent: number
  received: number
  /** How many processes the host had started before; undefined where it does not tell. */
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

/** Undefined when nobody wants to know: then nothing is counted. */
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
      // One that never got a channel was none.
      if (cost.from === 0) return
      const processes = startedProcesses(held, token)
      onExec({ ...cost, ms: Date.now() - cost.from, ...(processes !== undefined && { processes }) })
    },
  }
}
