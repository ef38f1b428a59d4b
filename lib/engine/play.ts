import type { Facts } from '../platform/facts.ts'
import { factsScript, parseFacts } from '../platform/facts.ts'
import { type Platform, platformOf, supportedSystems } from '../platform/index.ts'
import { blocksOf } from '../resources/blocks.ts'
import type { HostResource, Resource, Via } from '../resources/resource.ts'
import type { Connection } from '../ssh/connection.ts'
import { Unreachable } from '../ssh/connection.ts'
import { activityFor } from './activity.ts'
import type { Emit } from './events.ts'
import { failureOf } from './failure.ts'
import { Interrupted, unlessInterrupted } from './interrupt.ts'
import { clusterLock, type LockOptions, type Mark, parseMark } from './lock.ts'
import { markScript } from './lock-scripts.ts'
import { hostReadings } from './readings.ts'
import type { Cluster, Node, Role, RoleContext } from './role.ts'
import type { HostPlan, Task } from './schedule.ts'
import { schedule } from './schedule.ts'
import type { ClusterSession, HostSession } from './session.ts'
import { reportMerged, runStage } from './stage.ts'
import { markUnreachable } from './unreachable.ts'

/** Hosts that are played together: a cluster, or its clients. */
export interface Target<V> {
  cluster: Cluster<V>
  hosts: Node<V>[]
  /** Hosts of the play that this run excludes, and why (`not in --limit`). */
  left: { host: string; reason: string }[]
}

/** `kind`: it may be the right machine, but cannot be changed. */
export interface IdentityProblem {
  host: string
  problem: string
  kind?: 'no root' | 'unsupported system'
}

export interface PlayPlan<V> {
  name: string
  targets: Target<V>[]
  roles: Role<V>[]
  /** Tag selection: the name of a role is a tag; `always` and `never` work. */
  selects(tags: string[]): boolean
  /** If false, a failed host does not stop the others of its cluster. */
  anyErrorsFatal: boolean
  /** Maximum number of clusters at a time. */
  serial?: number
  /**
   * Checks that every run makes first, even of a single role: planned addresses on the named NICs, different machine-ids. Returns all
   * problems, one list per host; empty when it is the right pair.
   */
  identity(hosts: { node: Node<V>; facts: Facts }[]): IdentityProblem[]
  /** Platform to use for a host with an unsupported system; undefined refuses it. */
  untested?(node: Node<V>, facts: Facts): Platform | undefined
}

export interface PlayOptions {
  check: boolean
  drift?: boolean
  /** Handlers are judged, named if needed, and left for a later run. */
  holdHandlers?: boolean
  signal: AbortSignal
  emit: Emit
  /** Also reports the activity of each host. */
  profile?: boolean
  connect(host: string): Promise<Connection>
  /** A new connection in place of the one that `connect` opened. */
  reconnect(host: string, via?: Via): Promise<Connection>
  /** Shown to whoever finds the lock held. */
  owner: string
  /** For tests. */
  lock?: LockOptions | undefined
}

/**
 * Plays on one cluster: connects, checks identity, plans, runs stage by stage, then the needed handlers. Resolves with whether a host
 * failed.
 */
export const playTarget = async <V>(play: PlayPlan<V>, target: Target<V>, options: PlayOptions): Promise<{ failed: boolean }> => {
  const emit: Emit = event => options.emit({ ...event, cluster: target.cluster.name })
  const lock = clusterLock(options.owner, options.lock)
  const session: ClusterSession = {
    name: target.cluster.name,
    hosts: new Map(),
    missing: new Map(target.left.map(l => [l.host, l.reason])),
    check: options.check,
    drift: options.drift ?? false,
    owner: options.owner,
    signal: options.signal,
    emit,
    activity: activityFor(emit, options.profile ?? false),
    async beforeChange() {
      await lock.take([...session.hosts.values()])
      lock.verify()
    },
    writerOf: ({ connection }) => connection.fenced(lock.fence),
    fence: lock.fence,
    async reconnect(name, via) {
      const host = session.hosts.get(name)
      if (!host) throw new Error(`${name} is not a host of this cluster`)
      host.connection = await options.reconnect(name, via)
      host.readings.moveTo(host.connection)
      await lock.retake(name, host.connection)
    },
    predicted: new Map(),
    holdHandlers: options.holdHandlers ?? false,
  }
  try {
    const plans = await prepare(play, target, options, session)
    if (play.anyErrorsFatal && !session.drift) {
      const unfit = [...session.hosts.values()].find(h => h.stopped !== undefined)
      if (session.missing.size > target.left.length)
        stopAll(session, options.signal.aborted ? 'interrupted' : 'a host of its cluster is unreachable')
      else if (unfit) stopAll(session, `${unfit.host}: ${unfit.stopped}`)
    }
    await runStages(plans.tasks, play, session, 'task')
    await runStages(plans.handlers, play, session, 'handler')
    for (const plan of plans.tasks) await reportMerged(plan.host, plan.tasks, session)
    reportStopped(session, plans.tasks)
    return { failed: session.missing.size > target.left.length || [...session.hosts.values()].some(h => h.stopped !== undefined) }
  } finally {
    session.activity([...session.hosts.keys()], 'lock')
    await lock.release()
    session.activity(
      target.hosts.map(h => h.name),
      'end',
    )
  }
}

const runStages = async <V>(plans: HostPlan[], play: PlayPlan<V>, session: ClusterSession, kind: 'task' | 'handler'): Promise<void> => {
  const stages = schedule(
    plans,
    play.roles.map(r => r.name),
  )
  for (const stage of stages) {
    await runStage(stage, session, kind)
    const broken = [...session.hosts.values()].find(h => h.stopped !== undefined)
    if (broken && play.anyErrorsFatal && !session.drift) stopAll(session, `${broken.host} ${broken.stopped}`)
  }
}

const stopAll = (session: ClusterSession, reason: string): void => {
  for (const host of session.hosts.values()) host.stopped ??= reason
}

const reportStopped = (session: ClusterSession, plans: HostPlan[]): void => {
  for (const host of session.hosts.values()) {
    const total = plans.find(p => p.host === host.host)?.tasks.length ?? 0
    if (host.stopped !== undefined)
      session.emit({ type: 'host-stopped', host: host.host, reason: host.stopped, remaining: total - host.done })
  }
}

interface Prepared<V> {
  node: Node<V>
  connection: Connection
  facts: Facts
  /** State of the lock before anything was read that a run may change. */
  mark: Mark | undefined
}

/** Connects to all hosts at once, reads their facts, checks their identity and makes each host's plan. */
const prepare = async <V>(
  play: PlayPlan<V>,
  target: Target<V>,
  options: PlayOptions,
  session: ClusterSession,
): Promise<{ tasks: HostPlan[]; handlers: HostPlan[] }> => {
  const found = await Promise.all(target.hosts.map(node => gatherFacts(node, options, session)))
  const ready = found.filter(p => p !== undefined)
  const problems = play.identity(ready)
  const tasks: HostPlan[] = []
  const handlers: HostPlan[] = []
  for (const one of ready) {
    const mine = problems.filter(p => p.host === one.node.name)
    const plan = planHost(play, target, one, session, mine)
    if (!plan) continue
    tasks.push(plan.tasks)
    handlers.push(plan.handlers)
  }
  return { tasks, handlers }
}

const gatherFacts = async <V>(node: Node<V>, options: PlayOptions, session: ClusterSession): Promise<Prepared<V> | undefined> => {
  session.emit({ type: 'host-connecting', host: node.name })
  session.activity([node.name], 'connect')
  try {
    const connection = await unlessInterrupted(options.connect(node.name), options.signal)
    session.activity([node.name], 'read')
    const answer = await unlessInterrupted(
      connection.run(`${markScript(options.lock?.directory)}${factsScript}`, { timeout: 60_000, maxOutput: 1024 ** 2 }),
      options.signal,
    )
    return { node, connection, facts: parseFacts(answer.stdout), mark: parseMark(blocksOf(answer.stdout).mark) }
  } catch (error) {
    if (error instanceof Interrupted) {
      session.missing.set(node.name, 'interrupted')
      return undefined
    }
    const lost = error instanceof Unreachable ? error : new Unreachable(node.name, failureOf(error).error?.message ?? String(error))
    markUnreachable(node.name, lost, session)
    return undefined
  } finally {
    session.activity([node.name], 'barrier')
  }
}

const planHost = <V>(
  play: PlayPlan<V>,
  target: Target<V>,
  { node, connection, facts, mark }: Prepared<V>,
  session: ClusterSession,
  problems: IdentityProblem[],
): { tasks: HostPlan; handlers: HostPlan } | undefined => {
  const platform = platformOf(facts) ?? play.untested?.(node, facts)
  if (!platform)
    problems.push({
      host: node.name,
      kind: 'unsupported system',
      problem: `unsupported system: ${facts.os} ${facts.version} with ${facts.init}; supported: ${supportedSystems()} (docs/platforms.md; -e accept_untested_platform=debian13 plays it as the nearest one)`,
    })
  const context = platform && { host: node.name, vars: node.vars, facts, cluster: target.cluster, platform }
  const tasks = context ? numbered(play.roles.flatMap(role => selected(play, role, role.steps(context)))) : []
  const handlers = context ? numbered(play.roles.flatMap(role => selected(play, role, role.handlers?.(context) ?? []))) : []
  const host = hostSession(node.name, connection, [...tasks, ...handlers], mark)
  session.hosts.set(node.name, host)
  session.emit({
    type: 'host-ready',
    host: node.name,
    platform: platform?.name ?? facts.os,
    ...(platform?.untested !== undefined && { untested: platform.untested }),
    total: tasks.length,
  })
  if (problems.length === 0) return { tasks: { host: node.name, tasks }, handlers: { host: node.name, tasks: handlers } }
  const kinds = problems.every(p => p.kind) ? [...new Set(problems.map(p => p.kind))].join(', ') : undefined
  host.stopped = kinds ?? 'it is not the machine that the inventory describes'
  // The other hosts are still judged, with this one as missing rather than nonexistent.
  if (session.drift || !play.anyErrorsFatal) session.missing.set(node.name, host.stopped)
  session.emit({
    type: 'task-end',
    host: node.name,
    role: 'identity',
    resource: 'identity',
    status: 'failed',
    changes: [],
    error: {
      message: problems.map(p => p.problem).join('\n'),
      hint: kinds ? 'nothing was touched' : 'compare the inventory with the machine; nothing was touched',
    },
    ms: 0,
    index: 0,
    total: tasks.length,
  })
  return undefined
}

const selected = <V>(play: PlayPlan<V>, role: Role<V>, resources: Resource[]): { role: string; resource: Resource }[] =>
  resources.filter(r => play.selects([role.name, ...(r.tags ?? [])])).map(resource => ({ role: role.name, resource }))

const numbered = (wanted: { role: string; resource: Resource }[]): Task[] => {
  const first = (id: string) => wanted.findIndex(t => t.resource.id === id)
  const tasks = wanted.filter((t, i) => !t.resource.shared || first(t.resource.id) === i)
  return tasks.map((task, i) => ({ ...task, index: i + 1, total: tasks.length }))
}

const hostSession = (host: string, connection: Connection, tasks: Task[], mark: Mark | undefined): HostSession => {
  const resources = tasks.map(t => t.resource)
  const doubles = resources.filter((r, i) => resources.findIndex(other => other.id === r.id) !== i)
  if (doubles[0]) throw new Error(`two roles own '${doubles[0].id}' on ${host}`)
  const mergeable = new Map<string, HostResource[]>()
  for (const resource of resources)
    if (resource.scope === 'host' && resource.merge)
      mergeable.set(resource.merge.kind, [...(mergeable.get(resource.merge.kind) ?? []), resource])
  return { host, connection, readings: hostReadings(connection, resources), mark, merged: new Map(), mergeable, done: 0 }
}

/** What a role would do on a host, for `--list-tasks` and tests; contacts no machine. */
export const listTasks = <V>(roles: Role<V>[], context: RoleContext<V>): Resource[] => roles.flatMap(role => role.steps(context))
