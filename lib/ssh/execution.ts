import type { Buffer } from 'node:buffer'
import type { PassThrough } from 'node:stream'
import type { Gate } from './gate.ts'
import type { SshHost } from './host.ts'
import type { Meter } from './meter.ts'
import type { Channel, Exit } from './transport.ts'

/** One script from start to end: its state and its streams. */
export interface Execution {
  readonly host: SshHost
  readonly token: string
  readonly prompt: string
  readonly frame: Buffer
  readonly stdin: PassThrough
  readonly out: Gate
  readonly err: Gate
  readonly pendingExit: PendingExit
  readonly meter: Meter | undefined
  channel: Channel | undefined
  group: number | undefined
  passwordSent: boolean
  over: boolean
}

/** How the script ends; the first caller to resolve or reject decides. */
export interface PendingExit {
  readonly given: Promise<Exit>
  resolve(exit: Exit): void
  reject(error: Error): void
}

export const createPendingExit = (): PendingExit => {
  let resolve: PendingExit['resolve'] = () => {}
  let reject: PendingExit['reject'] = () => {}
  const given = new Promise<Exit>((yes, no) => {
    resolve = yes
    reject = no
  })
  given.catch(() => {})
  return { given, resolve, reject }
}
