import type { HostResource, Progress, Via } from '../resources/resource.ts'
import type { Change } from '../resources/verdict.ts'
import type { Connection } from '../ssh/connection.ts'
import type { Activity } from './activity.ts'
import type { Emit } from './events.ts'
import type { LeaseFence, Mark } from './lock.ts'
import type { HostReadings } from './readings.ts'

/** Result of a change that was made before its turn. `sent`: unknown. `ms`: how long it took. */
export type Merged = { kind: 'done'; changes: Change[]; ms: number } | { kind: 'failed'; error: unknown; ms: number } | { kind: 'sent' }

/** One host during a play. */
export interface HostSession {
  host: string
  connection: Connection
  readings: HostReadings
  /** State of its lock before that. */
  mark?: Mark | undefined
  /** Number of finished tasks. */
  done: number
  /** Why nothing more is done on this host; unset while it is played. */
  stopped?: string
  /** Changes made together with an earlier one (one package transaction, consecutive files), for resources whose turn comes later. */
  merged: Map<string, Merged>
  /** This host's tasks that may be merged, by the kind they merge under. */
  mergeable: Map<string, HostResource[]>
}

/** One cluster (or group of clients) during a play. */
export interface ClusterSession {
  name: string
  hosts: Map<string, HostSession>
  /** Nodes that are not part of this run, each with the reason: `not in --limit`, `unreachable`. */
  missing: Map<string, string>
  check: boolean
  /** A drift run: nothing stops it, and problems are read again before they are reported. */
  drift: boolean
  /** In a drift run: time limit for reading problems again; set by the first one. */
  rereadUntil?: number
  /** The run, for the hosts' own logs. */
  owner: string
  signal: AbortSignal
  emit: Emit
  activity: Activity
  /**
   * Called before each change: takes the lock on every host of the cluster, once. Throws `LockLost` when a lease is known to have ended.
   */
  beforeChange(): Promise<void>
  /** The connection for changes to a host: commands run only while this run holds the lock. */
  writerOf(host: HostSession): Connection
  /** The fence that `writerOf` uses. */
  fence: LeaseFence
  /** Replaces the connection of a host, and the lock that ended with it. */
  reconnect(host: string, via?: Via): Promise<void>
  /** In check mode: ids of the resources that would have changed, by host; their readings may be outdated. */
  predicted: Map<string, Set<string>>
  /** Handlers are judged and left for a later run. */
  holdHandlers: boolean
}

/** Reports the progress of the current task. */
export interface TaskReporter {
  phase(phase: 'read' | 'lock' | 'apply' | 'verify'): void
  progress(progress: Progress): void
}
