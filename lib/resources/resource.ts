import type { Connection } from '../ssh/connection.ts'
import type { Shell } from '../ssh/shell.ts'

// Roles name the connection that an apply gets; they never open one.
export type { Connection }

/** What a probe's script printed. */
export interface ProbeOutput {
  code: number
  stdout: string
  stderr: string
  /** When the answer arrived here, ms since the epoch: two hosts' clocks are compared through ours. */
  at: number
}

/**
 * What was read of a resource. `unknown` is the honest third value: it names what must come first (`until: 'package heartbeat'`) or
 * why nothing could be read. `skip` is for what does not apply to this host now, with its reason; `pending` when a later run is to do it.
 */
export type Reading<S> =
  | { kind: 'present'; state: S }
  | { kind: 'absent' }
  | { kind: 'unknown'; until: string }
  | { kind: 'skip'; reason: string; pending?: true }

export const present = <S>(state: S): Reading<S> => ({ kind: 'present', state })
export const absent: Reading<never> = { kind: 'absent' }
export const unknown = (until: string): Reading<never> => ({ kind: 'unknown', until })
export const skip = (reason: string): Reading<never> => ({ kind: 'skip', reason })
export const postponed = (reason: string): Reading<never> => ({ kind: 'skip', reason, pending: true })

/** A POSIX sh script that only reads, and a pure parser of what it printed. */
export interface Probe<S> {
  sh: string
  parse(output: ProbeOutput): Reading<S>
  /** ms; default 20 000. */
  timeout?: number
}

/** One attribute that differs. `diff` asks the views for a unified diff of two texts; `secret` values are never shown. */
export interface Change {
  attribute: string
  from: string
  to: string
  diff?: boolean
  secret?: boolean
  /** For a cluster resource: the one host that it is about. */
  host?: string
  /** No run mends it: the playbook with which an operator does. */
  remedy?: string
}

/** What one host's part of a play knows of the others: readings by resource id. */
export type Readings = (id: string) => Reading<unknown> | undefined

export interface Progress {
  /** 0 to 100 */
  percent?: number
  text: string
  /** bytes per second */
  speed?: number
  /** seconds */
  remaining?: number
}

export interface ApplyContext {
  connection: Connection
  progress(progress: Progress): void
  signal: AbortSignal
}

interface Common {
  /** Unique on its host, the field's own words: `file /etc/ha.d/ha.cf`. */
  id: string
  /** Several roles may ask for it; it is done once, for the first. */
  shared?: boolean
  /** Ids of handlers of the same role that a change of this makes needed: said when it changes; whether they run is read. */
  notify?: string[]
  tags?: string[]
  /** What readings go stale when this was applied; default `cluster`, the safe one. */
  alters?: 'itself' | 'host' | 'cluster'
  /** ms the second reading may take to become right; default 0. */
  settle?: number
  /**
   * Ids of resources of the same play whose change may change what this reads. While a check predicts one of them, what is read now says nothing
   * about later: the resource is unknown until then (an assertion that holds already is still ok). Empty: nothing in a play repairs what is judged
   * here, so a refusal stands in a check too. Undefined: any change that is predicted may.
   */
  dependsOn?: string[]
  /** Changes nothing and only judges: a difference is a failure, in every mode. */
  assertion?: boolean
  /** Changes nothing: a difference is what the rest of the play would do. Check mode shows it with this text, a run fails with it. */
  gate?: string
}

/** A thing on one host: read, compared, and where it differs changed. */
export interface HostResource<S = unknown> extends Common {
  scope: 'host'
  probe: Probe<S>
  /** Pure. Empty when as desired; a string is a refusal: the task fails with it and nothing is touched. */
  changes(actual: { kind: 'present'; state: S } | { kind: 'absent' }, readings: Readings): Change[] | string
  apply($: Shell, changes: Change[], context: ApplyContext): Promise<void>
  /** Resources of one kind that can be done in one go (one package transaction): `apply` of the first gets all of them. */
  merge?: { kind: string; applyAll(resources: HostResource[], $: Shell, context: ApplyContext): Promise<void> }
}

export interface Table {
  title: string
  columns: string[]
  rows: string[][]
}

/** One member of a cluster as a cluster resource sees it. */
export interface Member<S> {
  host: string
  reading: Reading<S>
}

/** A thing of the whole cluster. Each node contributes a probe; changes and apply see all of them. One row in the report. */
export interface ClusterResource<S = unknown> extends Common {
  scope: 'cluster'
  probe: Probe<S>
  /** Pure. Members come in the inventory's order. May answer with a reading of its own: unknown or skip. */
  changes(members: Member<S>[]): Change[] | string | { kind: 'unknown'; until: string } | { kind: 'skip'; reason: string }
  apply(nodes: ClusterNodes, changes: Change[], members: Member<S>[]): Promise<void>
  /**
   * What a check shows in place of `changes`: what applying them comes to for the clients, by readings that are too dear for every run. Reads only. Throws
   * what `apply` would refuse with. `notified`: hosts where a change that is predicted makes this handler needed.
   */
  foretell?(nodes: ClusterNodes, changes: Change[], members: Member<S>[], notified: string[]): Promise<Change[]>
  /** Judged with the nodes that are there; the missing ones are members whose reading is unknown. For what is read in an outage. */
  partial?: boolean
  /** What an operator wants to see of it, whatever the judgement: shown as a table. */
  table?(members: Member<S>[]): Table
}

/** A way round: from which host, to which address. */
export interface Detour {
  host: string
  address: string
}

/** The cluster's shells, by inventory name. */
export interface ClusterNodes {
  hosts: string[]
  on(host: string): { $: Shell; connection: Connection }
  /**
   * Opens a new way to a host whose connection ended because of what was done to it. `through`: another host of the cluster, and the address
   * that it reaches this one by. Throws `Unreachable`.
   */
  reconnect(host: string, through?: Detour): Promise<void>
  /** What is to stand beside the changes in the result: a figure that only the doing shows, such as how long it took. */
  remark(text: string): void
  /** Shows a table at once; the views decide how. */
  show(table: Table): void
  progress(progress: Progress): void
  signal: AbortSignal
}

// A list of resources holds kinds of many states; each one's own parser guarantees the state its `changes` gets.
// biome-ignore lint/suspicious/noExplicitAny: the one place where the state's type is given up
export type Resource = HostResource<any> | ClusterResource<any>
