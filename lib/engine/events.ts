import type { ClusterStatus } from '../resources/cluster-status.ts'
import type { Change, Progress, Table } from '../resources/resource.ts'

/** What became of one task or handler. */
export interface Outcome {
  status: TaskStatus
  /** In check mode: `changed` means would change. */
  changes: Change[]
  reason?: string
  /** Skipped for now, to be done by a later run: it needs a host that takes no part, or `--no-handlers` holds it back. */
  pending?: boolean
  error?: { message: string; hint?: string; detail?: string }
}

export type TaskStatus = 'ok' | 'changed' | 'failed' | 'skipped' | 'unknown'

/** The signals that end a run in order. */
export type EndingSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

/** Counters of one host, named as Ansible's recap names them, and `unknown`. */
export interface HostRecap {
  ok: number
  changed: number
  unreachable: number
  failed: number
  skipped: number
  unknown: number
}

/** Everything the engine says. Views, recap, exit code, log file and JSON are computed from these alone. */
export type EventBody =
  | { type: 'run-start'; command: string; check: boolean; diff: boolean }
  | { type: 'play-start'; play: string; hosts: string[] }
  | { type: 'play-skipped'; play: string; reason: string }
  | { type: 'host-connecting'; host: string }
  | { type: 'host-ready'; host: string; platform: string; untested?: string; total: number }
  | {
      type: 'task-start'
      host: string
      role: string
      resource: string
      index: number
      total: number
      phase: 'read' | 'apply' | 'verify'
    }
  | { type: 'task-progress'; host: string; role: string; resource: string; progress: Progress }
  | (Outcome & {
      type: 'task-end'
      host: string
      role: string
      resource: string
      /** For a cluster resource the host is the cluster's first node and this names all. */
      hosts?: string[]
      ms: number
      index: number
      total: number
    })
  | { type: 'handler-notified'; host: string; role: string; handler: string; by: string }
  | { type: 'handler-start'; host: string; role: string; handler: string }
  | (Outcome & { type: 'handler-end'; host: string; role: string; handler: string; ms: number })
  | { type: 'host-unreachable'; host: string; message: string; hint?: string }
  | { type: 'host-stopped'; host: string; reason: string; remaining: number }
  /** What the run needed of the way to a host: round trips are what makes a run slow. */
  | { type: 'host-closed'; host: string; connections: number; execs: number }
  | (Table & { type: 'table' })
  /** The state of the service as data, with what is wrong and what to do next. */
  | { type: 'status'; status: ClusterStatus }
  | { type: 'message'; level: 'info' | 'warning' | 'error'; host?: string; text: string; hint?: string }
  /** Another run holds this host's lock, or with `lost` this run no longer holds it, `owner` (may be empty) does: exit code 6. */
  | { type: 'locked'; host: string; owner: string; hint?: string; lost?: boolean }
  /** A signal ended the run early. Exit code 129, 130 or 143. */
  | { type: 'interrupted'; signal: EndingSignal }
  /** A fault of the runner itself: exit code 1. */
  | { type: 'internal-error'; message: string; detail?: string }
  | { type: 'run-end'; recap: Record<string, HostRecap>; exitCode: number; ms: number }

export type Event = EventBody & { v: 1; run: string; seq: number; time: string; cluster?: string }

export type Emit = (event: EventBody & { cluster?: string }) => void
