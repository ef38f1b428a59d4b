import type { Connection } from '../ssh/connection.ts'
import type { Shell } from '../ssh/shell.ts'
import type { ClusterStatus } from './cluster-status.ts'
import type { Piece } from './source.ts'

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

/** Not known: `until` names what must exist first (`package heartbeat`), `why` says why the read failed (`no answer within 30 s`). */
export type Unknown = { kind: 'unknown' /** What of the state had arrived when the read was given up. */; partly?: object } & (
  | { until: string; why?: undefined }
  | { why: string; until?: undefined }
)

/** It does not apply to this host now; `pending` when a later run is to do it. */
export interface Skipped {
  kind: 'skipped'
  reason: string
  pending?: true
}

/** What was read of a resource. `unknown` is the honest third value. */
export type Reading<S> = Present<S> | Absent | Unknown | Skipped

interface Present<S> {
  kind: 'present'
  state: S
}

interface Absent {
  kind: 'absent'
}

/** A reading that can be compared with what is desired. */
export type Actual<S> = Present<S> | Absent

export const present = <S>(state: S): Reading<S> => ({ kind: 'present', state })
export const absent: Absent = { kind: 'absent' }
export const unknown = (until: string): Unknown => ({ kind: 'unknown', until })
export const notRead = (why: string): Unknown => ({ kind: 'unknown', why })
/** The same, where several hosts are read together. */
export const unknownOn = (host: string, { until, why }: Unknown): Unknown =>
  why === undefined ? unknown(`${until} on ${host}`) : notRead(`${why} on ${host}`)
export const skip = (reason: string): Skipped => ({ kind: 'skipped', reason })
export const postponed = (reason: string): Skipped => ({ kind: 'skipped', reason, pending: true })

/** A POSIX sh script that only reads, and a pure parser of what it printed. */
export interface Probe<S> {
  sh: string
  /** What the script reads, where that is declared: many probes are then read by few commands. Made by `probeOf`, which makes the script of it. */
  reads?: Piece[]
  parse(output: ProbeOutput): Reading<S>
  /**
   * What an answer that did not come to its end tells all the same: fields that are read for certain, no others. `stdout` has what the
   * sources printed that answered whole, each with the texts before it, and the last one as far as it came.
   */
  parsePart?(stdout: string): object
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
  /** What no run repairs has a documented code: `drbd-standalone`. */
  code?: string
  /** For a cluster resource: the one host that it is about. */
  host?: string
  /** No run repairs it: what an operator does next, as a command where there is one. */
  remedy?: string
}

/** It is not as desired, and nothing is touched: the task fails with `why`. */
export interface Refused {
  kind: 'refused'
  why: string
}

/**
 * What a comparison says of a resource. `differs` has at least one change, and applying them is what repairs it; `summary` stands for them where they are shown elsewhere. `unknown` and `skipped` mean what they mean in a reading.
 */
export type Verdict = { kind: 'in-sync' } | { kind: 'differs'; changes: Change[]; summary?: string } | Refused | Unknown | Skipped

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

/** What an apply does, as one POSIX sh script. */
export interface ApplyScript {
  /** For a message: `writing /etc/exports.d/x`. */
  what: string
  sh: string
  /** ms; default 60 000. */
  timeout?: number
  /** What to look at when it failed. */
  hint?: string
}

/** Made by `scripted` where it is one script. */
export interface Apply {
  ($: Shell, changes: Change[], context: ApplyContext): Promise<void>
  /**
   * The same as a script, for it can travel with what reads the resource again; undefined where it cannot be one. It belongs to the function: what wraps
   * that has none, and is called.
   */
  script?(changes: Change[]): ApplyScript | undefined
  /** What it changes, where that is nothing else: such changes that follow each other are made in one go. */
  place?: Place
}

/** `edit`: its content is made of what was in it. */
export interface Place {
  kind: 'file' | 'edit' | 'directory' | 'link'
  path: string
}

interface Common {
  /** Unique on its host, the field's own words: `file /etc/ha.d/ha.cf`. */
  id: string
  /** Several roles may ask for it; it is done once, for the first. */
  shared?: boolean
  tags?: string[]
  /** ms the second reading may take to become right; default 0. For an assertion, how long a failure may take to turn out well. */
  settle?: number
  /**
   * Ids of resources of the same play whose change may change what this reads. While a check predicts one of them, what is read now says nothing
   * about later: the resource is unknown until then (an assertion that holds already is still ok). Empty: nothing in a play repairs what is judged
   * here, so a refusal stands in a check too. Undefined: any change that is predicted may.
   */
  dependsOn?: string[]
}

/** A thing that is changed where it differs. */
interface Changeable extends Common {
  assertion?: never
  gate?: never
  /** Ids of handlers of the same role that a change of this makes needed: said when it changes; whether they run is read. */
  notify?: string[]
  /** What readings go stale when this was applied; default `cluster`, the safe one. */
  invalidates?: 'itself' | 'host' | 'cluster'
}

/** A thing that is only judged: a difference is a failure, in every mode. */
interface Judged extends Common {
  assertion: true
  /** A difference is what the rest of the play would do. Check mode shows it with this text, a run fails with it. */
  gate?: string
  notify?: never
  invalidates?: never
  merge?: never
}

/** How something that a resource leaves on a host, beside files, is taken back when all of it is removed from the host. */
export interface Undo {
  /** In the words of a plan: `nfs-server.service`, `masked`, `not masked`. */
  what: string
  from: string
  to: string
  /** Shell that only reads, and succeeds while there is something to take back. */
  isDue: string
  /** Shell that takes it back. */
  sh: string
}

interface OnHost<S> {
  scope: 'host'
  probe: Probe<S>
  /** Pure. */
  compare(actual: Actual<S>, readings: Readings): Verdict
}

/** A thing on one host: read, compared, and where it differs changed. */
export interface HostResource<S = unknown> extends Changeable, OnHost<S> {
  apply: Apply
  undo?: Undo[]
  /** A file of which only a part is ours, and what makes that part (pure): so it can be told whether anybody else has changed it. */
  edits?: { path: string; edit(text: string): string }
  /** Resources of one kind that can be done in one go (one package transaction): `apply` of the first gets all of them. */
  merge?: { kind: string; applyAll(resources: HostResource[], $: Shell, context: ApplyContext): Promise<void> }
}

/** What must be so on one host. */
export interface HostAssertion<S = unknown> extends Judged, OnHost<S> {}

export interface Table {
  title: string
  columns: string[]
  rows: string[][]
  /** Whether what a cell says is good or bad, where that can be said; as `rows`. */
  tones?: Tone[][]
}

export type Tone = 'good' | 'bad' | ''

/** One member of a cluster as a cluster resource sees it. */
export interface Member<S> {
  host: string
  reading: Reading<S>
}

interface OnCluster<S> {
  scope: 'cluster'
  probe: Probe<S>
  /** Pure. Members come in the inventory's order. */
  compare(members: Member<S>[]): Verdict
  /** Judged with the nodes that are there; the missing ones are members whose reading is unknown. For what is read in an outage. */
  allowMissing?: boolean
  /** What an operator wants to see of it, whatever the judgement: shown as a table. */
  table?(members: Member<S>[]): Table
  /** The same as data, with what is wrong and what to do next. */
  status?(members: Member<S>[]): ClusterStatus
}

/** A thing of the whole cluster. Each node contributes a probe; `compare` and `apply` see all of them. One row in the report. */
export interface ClusterResource<S = unknown> extends Changeable, OnCluster<S> {
  plan?: never
  /** On each host. */
  undo?: Undo[]
  apply(nodes: ClusterNodes, changes: Change[], members: Member<S>[]): Promise<void>
  /**
   * What a check shows in place of `changes`: what applying them comes to for the clients, by readings that are too dear for every run. Reads only. Throws
   * what `apply` would refuse with. `notified`: hosts where a change that is predicted makes this handler needed.
   */
  preview?(nodes: ClusterNodes, changes: Change[], members: Member<S>[], notified: string[]): Promise<Change[]>
}

/** What must be so of the whole cluster. */
export interface ClusterAssertion<S = unknown> extends Judged, OnCluster<S> {
  plan?: never
  preview?: never
}

/** One step of a procedure. */
export interface Step {
  /** Unique in its procedure: `hand over`. */
  name: string
  /** What it changes, one at least: what a check shows of it. */
  changes: Change[]
  /** A step that only waits does nothing here. */
  run(nodes: ClusterNodes): Promise<void>
  /** ms until a reading must show it; default 30 000. */
  settle?: number
}

/** The steps that are left; none: it is done. A refusal: it is not begun, or not continued. */
export type Plan = { kind: 'steps'; steps: Step[] } | Refused | Unknown | Skipped

/**
 * What an operator has done once, step by step: no desired state that a run restores. A check shows its plan. Before each step all nodes are read and
 * the plan is made again, so its preconditions hold for every step; after each step they are read until the plan no longer has it.
 */
export interface Procedure<S = unknown, A = unknown> extends Omit<Common, 'shared'> {
  scope: 'cluster'
  probe: Probe<S>
  /** Pure. What the operator means, by the first reading, for good: which node is "the other one" must not turn when it has taken over. */
  aim(members: Member<S>[]): A
  /** Pure. `done`: names of the steps that this run has taken. */
  plan(members: Member<S>[], aim: A, done: readonly string[]): Plan
  shared?: never
  assertion?: never
  gate?: never
  notify?: never
  invalidates?: never
  /** Planned with the nodes that are there; the missing ones are members whose reading is unknown. For what is done in an outage. */
  allowMissing?: boolean
  table?: never
  status?: never
}

/** The host to connect from, and the address that it reaches the other by. */
export interface Via {
  host: string
  address: string
}

/** The cluster's shells, by inventory name. */
export interface ClusterNodes {
  hosts: string[]
  on(host: string): { $: Shell; connection: Connection }
  /**
   * Opens a new way to a host whose connection ended because of what was done to it. `via`: another host of the cluster, and the address
   * that it reaches this one by. Throws `Unreachable`.
   */
  reconnect(host: string, via?: Via): Promise<void>
  /** What is to stand beside the changes in the result: a figure that only the doing shows, such as how long it took. */
  remark(text: string): void
  /** Shows a table at once; the views decide how. */
  show(table: Table): void
  progress(progress: Progress): void
  signal: AbortSignal
}

// A list of resources holds kinds of many states; each one's own parser guarantees the state its `compare` gets.
// biome-ignore lint/suspicious/noExplicitAny: the one place where the state's type is given up
type Any = any

export type AnyHostResource = HostResource<Any> | HostAssertion<Any>
export type AnyClusterResource = ClusterResource<Any> | ClusterAssertion<Any> | Procedure<Any, Any>
export type Resource = AnyHostResource | AnyClusterResource
