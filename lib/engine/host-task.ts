import type { AnyHostResource, ApplyContext, HostResource } from '../resources/resource.ts'
import { applyLimit } from '../resources/scripted.ts'
import type { Change } from '../resources/verdict.ts'
import { Unreachable } from '../ssh/connection.ts'
import type { Changed } from './apply/change-and-read.ts'
import { candidates, changedTogether, type Member } from './apply/together.ts'
import { type Applied, converge, invalidate, type Look, noteOf } from './converge.ts'
import type { Outcome } from './events.ts'
import { askingHost, judge } from './judge.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, TaskReporter } from './session.ts'

interface OnHost {
  host: HostSession
  session: ClusterSession
  reporter: TaskReporter
  /** The tasks of the same role directly after this one. */
  following: Task<AnyHostResource>[]
  /** Ids of other resources whose readings were used to judge it. */
  asked: Set<string>
}

/** Reads one resource of one host; if it differs, changes it and reads it again. */
export const runHostTask = async (
  task: Task<AnyHostResource>,
  host: HostSession,
  session: ClusterSession,
  reporter: TaskReporter,
  following: Task<AnyHostResource>[] = [],
): Promise<Outcome> => {
  const { resource } = task
  const merged = host.merged.get(resource.id)
  host.merged.delete(resource.id)
  if (merged?.kind === 'failed') throw merged.error
  const on = { host, session, reporter, following, asked: new Set<string>() }
  // A completed change is judged even after a signal; one that is not visible takes the usual path.
  if (merged?.kind === 'done' && (await look(task, on)).outcome.status === 'ok') return { status: 'changed', changes: merged.changes }
  return converge<Look>(
    {
      task,
      hosts: [host],
      look: () => look(task, on),
      preview: async first => first.outcome,
      apply: resource.assertion ? undefined : wanted => apply({ ...task, resource }, wanted.outcome.changes, on),
    },
    session,
    reporter,
  )
}

/** Reads together what may be changed together, including the readings that the judgement used. */
const look = async ({ resource, ...task }: Task<AnyHostResource>, { host, session, reporter, following, asked }: OnHost): Promise<Look> => {
  const { readings } = host
  const along = candidates({ ...task, resource }, following, host, session).map(t => t.resource.id)
  const others = [...asked].filter(id => readings.peek(id) !== undefined)
  const reading = await readings.ensure(resource.id, reporter.progress, [...along, ...others])
  readings.renew(others)
  for (const other of others) await readings.ensure(other)
  return { outcome: judge(resource, reading, askingHost(host, asked), session) }
}

const apply = async (task: Task<HostResource>, changes: Change[], on: OnHost): Promise<Applied> => {
  const { host, session, reporter } = on
  const { resource } = task
  const script = resource.merge ? undefined : resource.apply.script?.(changes)
  if (script) return applyTogether({ task, changes, script }, on)
  const connection = session.writerOf(host)
  const context = { connection, signal: session.signal, progress: reporter.progress }
  if (resource.merge) await applyMerged(resource, host, session, context)
  else await resource.apply(connection.$, changes, context)
  return {}
}

/** Applies, notes and reads again in one exec, together with the tasks directly after it that differ too; their turn comes later. */
const applyTogether = async (first: Member, on: OnHost): Promise<Applied> => {
  const { host, session, reporter } = on
  const behind = candidates(first.task, on.following, host, session)
  // One exec for all of them may save one exec for each.
  const unread = behind.find(task => host.readings.fresh(task.resource.id) === undefined)
  if (unread) await host.readings.ensure(unread.resource.id, reporter.progress, behind.map(t => t.resource.id)) // biome-ignore format: one line
  const members = changedTogether(first, behind, host, session)
  const [, ...others] = members
  const { isHeld, refused } = session.fence
  for (const { task } of members) invalidate(task.resource, [host], session)
  for (const { task } of others) host.merged.set(task.resource.id, { kind: 'sent' })
  let changed: Changed[] = []
  try {
    changed = await host.readings.change(
      [first.task.resource.id, ...others.map(m => m.task.resource.id)],
      { parts: members.map(m => partOf(m, session)), isHeld },
      { writer: session.writerOf(host), lockLost: said => refused(host.host, said) },
      reporter.progress,
    )
  } catch (error) {
    // After a lost connection it is unknown which of them ran; otherwise the first has failed and the others were not started.
    if (!(error instanceof Unreachable)) for (const { task } of others) host.merged.delete(task.resource.id)
    throw error
  } finally {
    // Readings of the other hosts may be from before this change.
    if (members.some(m => (m.task.resource.invalidates ?? 'cluster') === 'cluster'))
      for (const { readings } of [...session.hosts.values()].filter(other => other !== host)) readings.invalidate()
  }
  others.forEach((member, i) => {
    keep(member, changed[i + 1], host)
  })
  return { isReadAgain: true }
}

const partOf = ({ task, changes, script: { what, sh, timeout = applyLimit, hint } }: Member, session: ClusterSession) => ({
  what,
  sh,
  timeout,
  hint,
  note: noteOf(task, changes, session),
})

/** Keeps the result for the turn of the resource. */
const keep = ({ task: { resource }, changes }: Member, changed: Changed | undefined, { merged }: HostSession): void => {
  if (changed?.kind === 'done') merged.set(resource.id, { ...changed, changes })
  else if (changed?.kind === 'failed') merged.set(resource.id, changed)
  else merged.delete(resource.id)
}

/** Applies all differing resources of the play that merge with this one; when their turn comes, they are in sync. */
const applyMerged = async (resource: HostResource, host: HostSession, session: ClusterSession, context: ApplyContext): Promise<void> => {
  const { merge } = resource
  if (!merge) return
  const together = host.mergeable.get(merge.kind) ?? [resource]
  const pending = together.flatMap(other => {
    const reading = other.id === resource.id ? undefined : host.readings.peek(other.id)
    const outcome = reading && judge(other, reading, host, session)
    return outcome?.status === 'changed' ? [{ other, changes: outcome.changes }] : []
  })
  await merge.applyAll([resource, ...pending.map(p => p.other)], context.connection.$, context)
  for (const { other, changes } of pending) {
    host.merged.set(other.id, { kind: 'done', changes, ms: 0 })
    host.readings.note(noteOf({ role: 'merged', resource: other }, changes, session))
  }
}
