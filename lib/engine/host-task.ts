import type { AnyHostResource, ApplyContext, Change, HostResource, Reading } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import { inGrace, unlessInterrupted } from './interrupt.ts'
import { failed, outcomeOf, stillDiffers } from './outcome.ts'
import { predict } from './prediction.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, Voice } from './session.ts'
import { settle } from './settle.ts'

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
  voice: Voice,
): Promise<Outcome> => {
  const { resource } = task
  const read = () => unlessInterrupted(host.readings.ensure(resource.id, voice.progress), session.signal)
  const first = judge(resource, await read(), host, session)
  const merged = host.merged.get(resource.id)
  if (merged && first.status === 'ok') {
    host.merged.delete(resource.id)
    return { status: 'changed', changes: merged }
  }
  if (first.status !== 'changed') return first
  if (session.check || resource.assertion) {
    predict(session, [host.host], resource.id)
    return first
  }
  await unlessInterrupted(session.beforeChange(), session.signal)
  // The lock may have been waited for: what was read before it was held is read again before it is acted upon.
  const wanted = judge(resource, await read(), host, session)
  if (wanted.status !== 'changed') return wanted
  return inGrace(() => change({ ...task, resource }, wanted, host, session, voice), session, {
    host: host.host,
    id: resource.id,
    scope: 'host',
  })
}

/** Changes one resource of one host, and reads it again. */
const change = async (
  task: Task<HostResource>,
  wanted: Outcome,
  host: HostSession,
  session: ClusterSession,
  voice: Voice,
): Promise<Outcome> => {
  const { resource } = task
  voice.phase('apply')
  await apply(resource, wanted, host, session, voice)
  host.readings.note(noteOf(task, wanted.changes, session))
  voice.phase('verify')
  const second = await settle(
    async () => judge(resource, await host.readings.ensure(resource.id), host, session),
    { again: () => host.readings.stale([resource.id]), late: () => spoil(resource, host, session) },
    resource.settle ?? 0,
    session.signal,
  )
  if (second.status === 'ok') return { status: 'changed', changes: wanted.changes }
  if (second.status === 'changed') return failed(`applied, but ${stillDiffers(second.changes)}`)
  return second
}

/** The line of a change in the host's own log: what and whose, no values, so no secret. */
export const noteOf = (
  { role, resource }: { role: string; resource: { id: string } },
  changes: Change[],
  { owner }: Pick<ClusterSession, 'owner'>,
): string => `${role}: ${resource.id}: ${[...new Set(changes.map(c => c.attribute))].join(', ')} (${owner})`

const apply = async (resource: HostResource, wanted: Outcome, host: HostSession, session: ClusterSession, voice: Voice): Promise<void> => {
  const connection = session.writerOf(host)
  const context = { connection, signal: session.signal, progress: voice.progress }
  try {
    if (resource.merge) await applyMerged(resource, host, session, context)
    else await resource.apply(connection.$, wanted.changes, context)
  } finally {
    // Even a failed apply may have written.
    spoil(resource, host, session)
  }
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

const spoil = (resource: HostResource, host: HostSession, session: ClusterSession): void => {
  const alters = resource.alters ?? 'cluster'
  host.readings.stale(alters === 'itself' ? [resource.id] : undefined)
  if (alters === 'cluster') for (const other of session.hosts.values()) other.readings.stale()
}
