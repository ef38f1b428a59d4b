import type { ClusterStatus } from '../resources/cluster-status.ts'
import type { Progress, Table } from '../resources/resource.ts'
import type { Change } from '../resources/verdict.ts'

/** Result of one task or handler. */
export interface Outcome {
  status: TaskStatus
  /** In check mode: `changed` means would change. */
  changes: Change[]
  reason?: string
  /** Skipped now, for a later run: it needs a missing host, or is held back by `--no-handlers`. */
  pending?: boolean
  error?: { message: string; hint?: string; detail?: string }
}

export type TaskStatus = 'ok' | 'changed' | 'failed' | 'skipped' | 'unknown'

/** Signals that end a run in an orderly way. */
export type EndingSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

/** Counters of one host with the names of Ansible's recap, and `unknown`. */
export interface HostRecap {
  ok: number
  changed: number
  unreachable: number
  failed: number
  skipped: number
  unknown: number
}

/**
 * Activity of a host. `queue`: its cluster has not started; `barrier`: waits for the other hosts of its cluster; `end`: nothing is left.
 */
export type ActivityPhase = 'queue' | 'connect' | 'read' | 'lock' | 'apply' | 'verify' | 'barrier' | 'end'

/** Where the time went (`--profile`). Computed from the events `activity` and `exec`. */
export interface RunProfile {
  /** Of the whole run, excluding the start of this program. */
  ms: number
  hosts: HostProfile[]
  /** The same by role, summed over all hosts; `''` for what belongs to no role: connecting, facts, the end. */
  roles: RoleProfile[]
}

/** Cost of some commands. */
export interface Cost {
  execs: number
  /** Bytes of scripts and their input, and of their outputs. */
  sent: number
  received: number
  /** Approximate number of processes that the host started meanwhile, including others'; undefined if the host does not report it. */
  forks?: number
}

/** ms by phase; `wait` is `queue` and `barrier`. */
export type PhaseTimes = Record<'connect' | 'read' | 'lock' | 'apply' | 'verify' | 'wait', number>

export interface HostProfile extends Cost {
  host: string
  times: PhaseTimes
  /** Its phases in order; gaps shorter than 1 ms are closed. */
  spans: ProfileSpan[]
}

export interface RoleProfile extends Cost {
  role: string
  times: PhaseTimes
}

/** `from`: ms since the run began. */
export interface ProfileSpan {
  phase: keyof PhaseTimes
  from: number
  ms: number
  role?: string
  resource?: string
}

/** Everything that the engine reports. Views, recap, exit code, log file and JSON are computed from these alone. */
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
      /** For a cluster resource, `host` is the first node of the cluster and this names all nodes. */
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
  /** The number of connections and execs to a host: round trips make a run slow. */
  | { type: 'host-closed'; host: string; connections: number; execs: number }
  /** With `--profile`: what these hosts are doing from now on. */
  | { type: 'activity'; hosts: string[]; phase: ActivityPhase; role?: string; resource?: string }
  /** With `--profile`, at the end of a command on a host. `from`: ms since 1970; `processes`: how many the host had started before. */
  | { type: 'exec'; host: string; from: number; ms: number; sent: number; received: number; processes?: number }
  | { type: 'profile'; profile: RunProfile }
  | (Table & { type: 'table' })
  /** The state of the service as data, with its problems and the next steps. */
  | { type: 'status'; status: ClusterStatus }
  | { type: 'message'; level: 'info' | 'warning' | 'error'; host?: string; text: string; hint?: string }
  /** Another run holds this host's lock. With `lost`, this run has lost it to `owner` (may be empty). Exit code 6. */
  | { type: 'locked'; host: string; owner: string; hint?: string; lost?: boolean }
  /** A signal ended the run early: exit code 129, 130 or 143. */
  | { type: 'interrupted'; signal: EndingSignal }
  /** An error of the runner itself: exit code 1. */
  | { type: 'internal-error'; message: string; detail?: string }
  | { type: 'run-end'; recap: Record<string, HostRecap>; exitCode: number; ms: number }

export type Event = EventBody & { v: 1; run: string; seq: number; time: string; cluster?: string }

export type Emit = (event: EventBody & { cluster?: string }) => void
