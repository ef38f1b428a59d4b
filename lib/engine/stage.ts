import type { AnyHostResource } from '../resources/resource.ts'
import { Unreachable } from '../ssh/connection.ts'
import { runClusterTask } from './cluster-task.ts'
import type { ActivityPhase, Outcome } from './events.ts'
import { failureOf } from './failure.ts'
import { runHostTask } from './host-task.ts'
import { Interrupted } from './interrupt.ts'
import { judge } from './judge.ts'
import { Locked, LockLost } from './lock.ts'
import { failed, pending, stillDiffers } from './outcome.ts'
import { predict } from './prediction.ts'
import { retryUntilStable } from './retry.ts'
import type { Stage, Task } from './schedule.ts'
import type { ClusterSession, HostSession, Merged, TaskReporter } from './session.ts'
import { markUnreachable } from './unreachable.ts'

/** Handlers are resources too. Only their events differ, and a handler that is not needed is not mentioned. */
export type StageKind = 'task' | 'handler'

/** Runs one stage: its lanes in parallel, or its cluster resource. Returns when all hosts have finished it. */
export const runStage = async (stage: Stage, session: ClusterSession, kind: StageKind): Promise<void> => {
  if (stage.kind === 'cluster') return runClusterStage(stage, session, kind)
  await Promise.all(stage.lanes.map(lane => runLane(lane.host, lane.tasks, session, kind)))
}

const runLane = async (
  name: string,
  tasks: Extract<Stage, { kind: 'hosts' }>['lanes'][number]['tasks'],
  session: ClusterSession,
  kind: StageKind,
): Promise<void> => {
  const host = session.hosts.get(name)
  if (!host) return
  for (const [i, task] of tasks.entries()) {
    if (session.signal.aborted) host.stopped ??= 'interrupted'
    if (host.stopped !== undefined) return
    const reporter = reporterFor(session, [name], task, kind)
    const following = kind === 'task' ? tasks.slice(i + 1) : []
    const before = spentAhead(host)
    const outcome = await attempt(task, [host], session, kind, mine => runHostTask(task, host, mine, reporter.reporter, following))
    // Time spent on later tasks is charged to those.
    reporter.end(outcome, before - spentAhead(host))
    if (kind === 'task') host.done++
    if (outcome.status === 'failed' && !session.drift) host.stopped ??= `failed at ${task.resource.id}`
  }
}

/** ms spent on changes whose turn has not come. */
const spentAhead = ({ merged }: HostSession): number =>
  [...merged.values()].reduce((sum, one) => sum + (one.kind === 'sent' ? 0 : one.ms), 0)

const runClusterStage = async (stage: Extract<Stage, { kind: 'cluster' }>, session: ClusterSession, kind: StageKind): Promise<void> => {
  const parts = stage.parts.flatMap(part => {
    const host = session.hosts.get(part.host)
    return host ? [{ host, task: part.task }] : []
  })
  const task = parts[0]?.task
  if (!task || session.signal.aborted) return
  if (parts.every(p => p.host.stopped !== undefined) && !isShownAnyway(task, parts, session)) return
  const names = parts.map(p => p.host.host)
  const reporter = reporterFor(session, names, task, kind)
  const hosts = parts.map(p => p.host)
  const outcome = await attempt(task, hosts, session, kind, mine =>
    runClusterTask(parts, mine, reporter.reporter, { isHandler: kind === 'handler' }),
  )
  reporter.end(outcome)
  if (kind === 'task') for (const { host } of parts) host.done++
  if (outcome.status === 'failed' && !session.drift) for (const { host } of parts) host.stopped ??= `failed at ${task.resource.id}`
}

/**
 * A resource that is only shown is also shown after a failure: the operator needs it then, and a reachable node must not look unreachable.
 * Not if a node was refused before (another machine, no root): the others would be shown as if it did not exist.
 */
const isShownAnyway = ({ resource }: Task, parts: { host: HostSession }[], session: ClusterSession): boolean =>
  resource.scope === 'cluster' &&
  resource.status !== undefined &&
  parts.length === session.hosts.size &&
  parts.some(p => !session.missing.has(p.host.host))

/**
 * Runs one task, turning errors into its outcome, and retries it while it may become good. A held handler is only read, and pending if
 * needed.
 */
const attempt = async (
  { resource }: Task,
  hosts: HostSession[],
  session: ClusterSession,
  kind: StageKind,
  run: (session: ClusterSession) => Promise<Outcome>,
): Promise<Outcome> => {
  const isHeld = kind === 'handler' && session.holdHandlers && !session.check
  const mine = isHeld ? { ...session, check: true } : session
  const outcome = await guarded(hosts[0]?.host ?? '', session, () => retryUntilStable(() => run(mine), hosts, resource, session))
  return isHeld && outcome.status === 'changed' ? { ...pending('needed; left by --no-handlers'), changes: outcome.changes } : outcome
}

/**
 * For a stopped host: reports the results of changes that were made before their turn, read again where they were made. Otherwise they
 * would be changed without being reported.
 */
export const reportMerged = async (name: string, tasks: Task[], session: ClusterSession): Promise<void> => {
  const host = session.hosts.get(name)
  if (!host || host.stopped === undefined) return
  for (const task of tasks) {
    const merged = host.merged.get(task.resource.id)
    if (!merged || task.resource.scope !== 'host') continue
    const { resource } = task
    const outcome = await guarded(name, session, () => outcomeAhead(resource, merged, host, session))
    reporterFor(session, [name], task, 'task').end(outcome, merged.kind === 'sent' ? 0 : merged.ms)
    host.merged.delete(resource.id)
    host.done++
  }
}

const outcomeAhead = async (resource: AnyHostResource, merged: Merged, host: HostSession, session: ClusterSession): Promise<Outcome> => {
  if (merged.kind === 'failed') throw merged.error
  const unknown = (reason: string): Outcome => ({ status: 'unknown', changes: [], reason })
  if (merged.kind === 'sent') return unknown(`it was to be changed together with others, and ${host.host} did not report the result`)
  if (host.stopped === 'unreachable') return unknown(`it was changed together with others, and ${host.host} does not answer`)
  const outcome = judge(resource, await host.readings.ensure(resource.id), host, session)
  if (outcome.status === 'ok') return { status: 'changed', changes: merged.changes }
  return outcome.status === 'changed' ? failed(`applied, but ${stillDiffers(outcome.changes)}`) : outcome
}

/** Turns an error of a task into its outcome; a lost host is also reported as such, once. */
const guarded = async (host: string, session: ClusterSession, run: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    return await run()
  } catch (error) {
    if (error instanceof Locked) throw error
    if (error instanceof LockLost) loseLock(error, session)
    if (error instanceof Interrupted)
      return error.isHalfDone ? { status: 'unknown', changes: [], reason: error.message } : pending(error.message)
    if (error instanceof Unreachable) {
      markUnreachable(error.host || host, error, session)
      return { status: 'unknown', changes: [], reason: `the connection to ${error.host || host} was lost` }
    }
    return failureOf(error)
  }
}

/** Another run may hold the lock by now: nothing more is started on any host of the cluster. */
const loseLock = (error: LockLost, session: ClusterSession): void => {
  const running = [...session.hosts.values()].filter(host => host.stopped !== lockLost)
  if (running.length > 0) session.emit({ type: 'locked', host: error.host, owner: error.owner, hint: error.hint, lost: true })
  for (const host of running) host.stopped = lockLost
}

const lockLost = 'the lock was lost'

/** A handler that is in sync, or does not concern this host, is not mentioned. */
const isNeeded = ({ status, pending }: Outcome): boolean => status !== 'ok' && (status !== 'skipped' || pending === true)

/** The events of one task. */
const reporterFor = (session: ClusterSession, names: string[], task: Task, kind: StageKind) => {
  const started = Date.now()
  const [host = ''] = names
  const { role, index, total, resource } = task
  const common = { host, role, resource: resource.id, index, total }
  const start = (phase: 'read' | 'apply' | 'verify') => session.emit({ type: 'task-start', ...common, phase })
  const activity = (phase: ActivityPhase) => session.activity(names, phase, { role, resource: resource.id })
  const reporter: TaskReporter = {
    phase(phase) {
      activity(phase)
      // A read within a task is not a phase of its own.
      if (phase === 'lock' || phase === 'read') return
      if (kind === 'handler' && phase === 'apply') session.emit({ type: 'handler-start', host, role, handler: resource.id })
      if (kind === 'task') start(phase)
    },
    progress: progress => session.emit({ type: 'task-progress', host, role, resource: resource.id, progress }),
  }
  activity('read')
  if (kind === 'task') start('read')
  const end = (outcome: Outcome, elsewhere = 0) => {
    activity('barrier')
    const ms = Math.max(0, Date.now() - started + elsewhere)
    if (kind === 'task')
      session.emit({ type: 'task-end', ...common, ...(resource.scope === 'cluster' ? { hosts: names } : {}), ...outcome, ms })
    else if (isNeeded(outcome)) session.emit({ type: 'handler-end', host, role, handler: resource.id, ...outcome, ms })
    if (kind === 'task' && outcome.status === 'changed')
      for (const handler of resource.notify ?? []) {
        predict(session, names, handler)
        session.emit({ type: 'handler-notified', host, role, handler, by: resource.id })
      }
  }
  return { reporter, end }
}
