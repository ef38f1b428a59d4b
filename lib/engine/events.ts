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

/** What a host is at: `queue` until its cluster's turn comes, `barrier` until the others of its cluster have come as far, `end` when nothing is left. */
export type ActivityPhase = 'queue' | 'connect' | 'read' | 'lock' | 'apply' | 'verify' | 'barrier' | 'end'

/** Where the time went (`--profile`). Made of the events of type `activity` and `exec`. */
export interface RunProfile {
  /** Of the whole run, without the start of this program. */
  ms: number
  hosts: HostProfile[]
  /** The same by role, summed over all hosts; `''` for what belongs to none: connecting, facts, the end. */
  roles: RoleProfile[]
}

/** What some commands took. */
export interface Cost {
  execs: number
  /** Bytes of scripts and their input, and of their outputs. */
  sent: number
  received: number
  /** About how many processes the host started meanwhile, those of others included; undefined where it does not tell. */
  forks?: number
}

/** ms by phase; `wait` is `queue` and `barrier`. */
export type PhaseTimes = Record<'connect' | 'read' | 'lock' | 'apply' | 'verify' | 'wait', number>

export interface HostProfile extends Cost {
  host: string
  times: PhaseTimes
  /** What it was at, in order, without gaps of less than 1 ms. */
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
  /** With `--profile`: what these hosts are at from now on. */
  | { type: 'activity'; hosts: string[]; phase: ActivityPhase; role?: string; resource?: string }
  /** With `--profile`, at the end of a command on a host; `from` in ms since 1970, `processes`: how many the host had started before. */
  | { type: 'exec'; host: string; from: number; ms: number; sent: number; received: number; processes?: number }
  | { type: 'profile'; profile: RunProfile }
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
