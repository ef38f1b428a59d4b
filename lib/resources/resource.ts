import type { Connection } from '../ssh/connection.ts'
import type { Shell } from '../ssh/shell.ts'
import type { ClusterStatus } from './cluster-status.ts'
import type { Actual, Probe, Reading, Skipped, Unknown } from './reading.ts'
import type { Change, Refused, Verdict } from './verdict.ts'

// For the type of the connection that an apply receives; roles never open one.
export type { Connection }

/** The readings of the other resources of a host, by resource id. */
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

/** An apply as one POSIX sh script. */
export interface ApplyScript {
  /** For messages: `writing /etc/exports.d/x`. */
  what: string
  sh: string
  /** ms; default 60 000. */
  timeout?: number
  /** What to check after a failure. */
  hint?: string
}

/** Applies changes. Created by `scripted` if it is one script. */
export interface Apply {
  ($: Shell, changes: Change[], context: ApplyContext): Promise<void>
  /**
   * The same as a script, so that it can be sent together with the probe that verifies it; undefined if it cannot be a script. A function
   * that wraps an apply does not inherit it, and is called instead.
   */
  script?(changes: Change[]): ApplyScript | undefined
  /** The only thing that it changes: consecutive changes with a place are applied together. */
  place?: Place
}

/** `edit`: the new content depends on the old one. */
export interface Place {
  kind: 'file' | 'edit' | 'directory' | 'link'
  path: string
}

interface Common {
  /** Unique on its host, in standard terms: `file /etc/ha.d/ha.cf`. */
  id: string
  /** Several roles may declare it; it is applied once, for the first. */
  shared?: boolean
  tags?: string[]
  /** ms within which the second reading must be as desired; default 0. For an assertion: ms to wait for a failure to resolve. */
  settle?: number
  /**
   * Ids of resources of the same play whose change may affect what this reads. While a check predicts such a change, the current reading is
   * not conclusive: the resource is unknown (an assertion that already holds is still ok). Empty: no change of a play affects it, so a
   * refusal is final in a check too. Undefined: any predicted change may affect it.
   */
  dependsOn?: string[]
}

/** A resource that is changed if it differs. */
interface Changeable extends Common {
  assertion?: never
  gate?: never
  /** Ids of handlers of the same role that a change may require. The change names them; whether they run is read by their own probe. */
  notify?: string[]
  /** Which readings a change invalidates; default `cluster`, the safe choice. */
  invalidates?: 'itself' | 'host' | 'cluster'
}

/** A resource that is only checked: a difference is a failure in every mode. */
interface Judged extends Common {
  assertion: true
  /** A difference predicts what the rest of the play would do. Check mode shows it with this text, a run fails with it. */
  gate?: string
  notify?: never
  invalidates?: never
  merge?: never
}

/** How to undo what a resource leaves on a host besides files, when everything is uninstalled from the host. */
export interface Undo {
  /** What, from and to as shown in a plan: `nfs-server.service`, `masked`, `not masked`. */
  what: string
  from: string
  to: string
  /** Read-only shell that succeeds while there is something to undo. */
  isDue: string
  /** Shell that undoes it. */
  sh: string
}

interface OnHost<S> {
  scope: 'host'
  probe: Probe<S>
  /** Pure. */
  compare(actual: Actual<S>, readings: Readings): Verdict
}

/** A resource on one host: read, compared, and changed if it differs. */
export interface HostResource<S = unknown> extends Changeable, OnHost<S> {
  apply: Apply
  undo?: Undo[]
  /** A file that is only partly ours, and the pure function that produces our part: it detects whether somebody else changed it. */
  edits?: { path: string; edit(text: string): string }
  /** Resources of one kind that can be applied together (one package transaction): the first one applies all of them. */
  merge?: { kind: string; applyAll(resources: HostResource[], $: Shell, context: ApplyContext): Promise<void> }
}

/** A condition that must hold on one host. */
export interface HostAssertion<S = unknown> extends Judged, OnHost<S> {}

export interface Table {
  title: string
  columns: string[]
  rows: string[][]
  /** Whether the value of a cell is good or bad, if that is defined; same shape as `rows`. */
  tones?: Tone[][]
}

export type Tone = 'good' | 'bad' | ''

/** One member of a cluster, as passed to a cluster resource. */
export interface Member<S> {
  host: string
  reading: Reading<S>
}

interface OnCluster<S> {
  scope: 'cluster'
  probe: Probe<S>
  /** Pure. Members come in the inventory's order. */
  compare(members: Member<S>[]): Verdict
  /** Check it with the reachable nodes; the reading of a missing node is unknown. For checks during an outage. */
  allowMissing?: boolean
  /** A table for the operator, shown whatever the verdict. */
  table?(members: Member<S>[]): Table
  /** The same as data, with problems and next steps. */
  status?(members: Member<S>[]): ClusterStatus
}

/** A resource of the whole cluster. The probe runs on each node; `compare` and `apply` get all readings. One row in the report. */
export interface ClusterResource<S = unknown> extends Changeable, OnCluster<S> {
  plan?: never
  /** On each host. */
  undo?: Undo[]
  apply(nodes: ClusterNodes, changes: Change[], members: Member<S>[]): Promise<void>
  /**
   * What a check shows instead of `changes`: the impact on clients, from reads that are too expensive for every run. Read-only. Throws the
   * refusal that `apply` would throw. `notified`: hosts on which a predicted change triggers this handler.
   */
  preview?(nodes: ClusterNodes, changes: Change[], members: Member<S>[], notified: string[]): Promise<Change[]>
}

/** A condition that must hold for the whole cluster. */
export interface ClusterAssertion<S = unknown> extends Judged, OnCluster<S> {
  plan?: never
  preview?: never
}

/** One step of a procedure. */
export interface Step {
  /** Unique in its procedure: `hand over`. */
  name: string
  /** What it changes, at least one: a check shows these. */
  changes: Change[]
  /** Runs the step; does nothing if the step only waits. */
  run(nodes: ClusterNodes): Promise<void>
  /** ms within which a reading must show the result; default 30 000. */
  settle?: number
}

/** The remaining steps; none: it is done. A refusal: it is not started, or not continued. */
export type Plan = { kind: 'steps'; steps: Step[] } | Refused | Unknown | Skipped

/** A plan of the given steps without those that are `false` (not due). */
export const planOf = (steps: (Step | false)[]): Plan => ({ kind: 'steps', steps: steps.filter(step => step !== false) })

/**
 * A one-time operation, step by step: not a desired state that every run restores. A check shows its plan. Before each step all nodes are
 * read and the plan is computed again, so its preconditions hold for every step. After each step they are read until the step is no longer
 * in the plan.
 */
export interface Procedure<S = unknown, A = unknown> extends Omit<Common, 'shared'> {
  scope: 'cluster'
  probe: Probe<S>
  /** Pure: fixes the goal from the first reading: which node is "the other one" must not change after it has taken over. */
  aim(members: Member<S>[]): A
  /** Pure. `done`: names of the steps that this run has completed. */
  plan(members: Member<S>[], aim: A, done: readonly string[]): Plan
  shared?: never
  assertion?: never
  gate?: never
  notify?: never
  invalidates?: never
  /** Plan with the reachable nodes; the reading of a missing node is unknown. For operations during an outage. */
  allowMissing?: boolean
  table?: never
  status?: never
}

/** The host to connect from, and the address at which it reaches the target. */
export interface Via {
  host: string
  address: string
}

/** The cluster's shells, by inventory name. */
export interface ClusterNodes {
  hosts: string[]
  on(host: string): { $: Shell; connection: Connection }
  /**
   * Opens a new connection to a host whose connection was lost because of an operation. `via`: another host of the cluster, and the address
   * at which it reaches this one. @throws Unreachable
   */
  reconnect(host: string, via?: Via): Promise<void>
  /** Adds a remark to the changes in the result: something known only afterwards, such as how long it took. */
  remark(text: string): void
  /** Shows a table at once; the views decide how. */
  show(table: Table): void
  progress(progress: Progress): void
  signal: AbortSignal
}

// A list of resources contains many state types; each resource's own parser guarantees the state that its `compare` gets.
// biome-ignore lint/suspicious/noExplicitAny: the only place where the state's type is erased
type Any = any

export type AnyHostResource = HostResource<Any> | HostAssertion<Any>
export type AnyClusterResource = ClusterResource<Any> | ClusterAssertion<Any> | Procedure<Any, Any>
export type Resource = AnyHostResource | AnyClusterResource
