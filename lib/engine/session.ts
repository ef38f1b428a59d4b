import type { Change, HostResource, Progress, Via } from '../resources/resource.ts'
import type { Connection } from '../ssh/connection.ts'
import type { Activity } from './activity.ts'
import type { Emit } from './events.ts'
import type { LeaseFence, Mark } from './lock.ts'
import type { HostReadings } from './readings.ts'

/** What has become of a change before its turn. `sent`: nobody knows. `ms`: how long it took. */
export type Merged = { kind: 'done'; changes: Change[]; ms: number } | { kind: 'failed'; error: unknown; ms: number } | { kind: 'sent' }

/** One host during a play. */
export interface HostSession {
  host: string
  connection: Connection
  readings: HostReadings
  /** What it said of its lock before that. */
  mark?: Mark | undefined
  /** Tasks that have come to an end. */
  done: number
  /** Set when nothing more is to be done on this host: why. */
  stopped?: string
  /** Changes that were made together with an earlier one (one package transaction, files in a row), for resources whose turn comes later. */
  merged: Map<string, Merged>
  /** This host's tasks that may be merged, by the kind they merge under. */
  mergeable: Map<string, HostResource[]>
}

/** One cluster (or group of clients) during a play. */
export interface ClusterSession {
  name: string
  hosts: Map<string, HostSession>
  /** Nodes that take no part in this run, each with the reason: `not in --limit`, `unreachable`. */
  missing: Map<string, string>
  check: boolean
  /** A look at what differs: nothing stops it, and what is wrong is read again before it is reported. */
  drift: boolean
  /** In a drift run: until when what is wrong is read again; set by the first that is. */
  rereadUntil?: number
  /** Whose run it is, for the hosts' own logs. */
  owner: string
  signal: AbortSignal
  emit: Emit
  activity: Activity
  /** Called before each change: takes the lock on every host of the cluster, once. Throws `LockLost` when a lease is known to have ended. */
  beforeChange(): Promise<void>
  /** The way by which a host is changed: what travels on it runs there only while this run holds the lock. */
  writerOf(host: HostSession): Connection
  /** What that is judged by. */
  fence: LeaseFence
  /** Gives a host a new connection, and the lock that ended with the old one. */
  reconnect(host: string, via?: Via): Promise<void>
  /** In check mode: ids of the resources that would have changed, by host, so that what is read of them may be out of date. */
  predicted: Map<string, Set<string>>
  /** Handlers are judged and left for a later run. */
  holdHandlers: boolean
}

/** How a task in hand tells how far it is. */
export interface TaskReporter {
  phase(phase: 'read' | 'lock' | 'apply' | 'verify'): void
  progress(progress: Progress): void
}
