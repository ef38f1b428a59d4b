import type { AnyHostResource, ApplyContext, ApplyScript, Change, HostResource, Reading } from '../resources/resource.ts'
import { applyLimit } from '../resources/scripted.ts'
import { type Applied, converge, invalidate, type Look, noteOf } from './converge.ts'
import type { Outcome } from './events.ts'
import { outcomeOf } from './outcome.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, TaskReporter } from './session.ts'

/** What a reading means: nothing to do, a difference to repair, or why neither can be said. */
export const judge = (
  resource: AnyHostResource,
  reading: Reading<unknown>,
  host: HostSession,
  session: Pick<ClusterSession, 'check' | 'predicted' | 'drift'>,
): Outcome => {
  const isRead = reading.kind === 'present' || reading.kind === 'absent'
  return outcomeOf(isRead ? resource.compare(reading, host.readings.peek) : reading, resource, [host.host], session)
}

/** Reads one resource of one host, and where it differs changes it and reads it again. */
export const runHostTask = async (
  task: Task<AnyHostResource>,
  host: HostSession,
  session: ClusterSession,
  reporter: TaskReporter,
): Promise<Outcome> => {
  const { resource } = task
  const outcome = await converge<Look>(
    {
      task,
      hosts: [host],
      look: async () => ({ outcome: judge(resource, await host.readings.ensure(resource.id, reporter.progress), host, session) }),
      preview: async first => first.outcome,
      apply: resource.assertion ? undefined : wanted => apply({ ...task, resource }, wanted.outcome.changes, host, session, reporter),
    },
    session,
    reporter,
  )
  const merged = host.merged.get(resource.id)
  if (!merged || outcome.status !== 'ok') return outcome
  host.merged.delete(resource.id)
  return { status: 'changed', changes: merged }
}

const apply = async (
  task: Task<HostResource>,
  changes: Change[],
  host: HostSession,
  session: ClusterSession,
  reporter: TaskReporter,
): Promise<Applied> => {
  const { resource } = task
  const connection = session.writerOf(host)
  const script = resource.merge ? undefined : resource.apply.script?.(changes)
  if (script) return applyScript(task, changes, script, host, session, reporter)
  const context = { connection, signal: session.signal, progress: reporter.progress }
  if (resource.merge) await applyMerged(resource, host, session, context)
  else await resource.apply(connection.$, changes, context)
  return {}
}

/** Applies, notes it and reads again in one exec. */
const applyScript = async (
  task: Task<HostResource>,
  changes: Change[],
  { what, sh, timeout = applyLimit }: ApplyScript,
  host: HostSession,
  session: ClusterSession,
  reporter: TaskReporter,
): Promise<Applied> => {
  const { resource } = task
  const { isHeld, refused } = session.fence
  const others = [...session.hosts.values()].filter(other => other !== host)
  invalidate(resource, [host], session)
  try {
    await host.readings.change(
      [resource.id],
      { parts: [{ what, sh, timeout, note: noteOf(task, changes, session) }], isHeld },
      { writer: session.writerOf(host), lockLost: said => refused(host.host, said) },
      reporter.progress,
    )
  } finally {
    // What the other hosts have read meanwhile may be from before it.
    if ((resource.invalidates ?? 'cluster') === 'cluster') for (const { readings } of others) readings.invalidate()
  }
  return { isReadAgain: true }
}

/** All resources of the play that merge with this one and differ are applied with it; their turn comes later and finds them right. */
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
    host.merged.set(other.id, changes)
    host.readings.note(noteOf({ role: 'merged', resource: other }, changes, session))
  }
}
