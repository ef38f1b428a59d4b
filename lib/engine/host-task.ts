import type { ApplyContext, Change, HostResource, Reading } from '../resources/resource.ts'
import { inGrace, unlessInterrupted } from './interrupt.ts'
import { foretold, predict } from './prediction.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, Outcome, Voice } from './session.ts'
import { failed, ok, pending, skipped, stillDiffers, unread } from './session.ts'
import { settle } from './settle.ts'

/** What a reading means: nothing to do, a difference to mend, or why neither can be said. */
export const judge = (
  resource: HostResource,
  reading: Reading<unknown>,
  host: HostSession,
  session: Pick<ClusterSession, 'check' | 'predicted' | 'drift'>,
): Outcome => {
  if (reading.kind === 'unknown') return unread(reading, session)
  if (reading.kind === 'skip') return reading.pending ? pending(reading.reason) : skipped(reading.reason)
  return differing(resource, resource.changes(reading, host.readings.peek), [host.host], session)
}

/** Shared by host and cluster resources: a list of changes, or a refusal, becomes an outcome. */
export const differing = (
  resource: Pick<HostResource, 'assertion' | 'gate' | 'dependsOn'>,
  changes: ReturnType<HostResource['changes']>,
  hosts: string[],
  session: Pick<ClusterSession, 'check' | 'predicted' | 'drift'>,
): Outcome => {
  if (resource.gate !== undefined && typeof changes !== 'string' && changes.length > 0) {
    if (session.check && !session.drift) return { status: 'changed', changes, reason: resource.gate }
    return { ...failed(assertionText(changes), resource.gate), changes }
  }
  const differences = typeof changes === 'string' ? [] : changes
  const refusal = typeof changes === 'string' ? changes : resource.assertion && changes.length > 0 ? assertionText(changes) : undefined
  const now: Outcome =
    refusal !== undefined
      ? { ...failed(refusal, remedyOf(differences)), changes: differences }
      : differences.length === 0
        ? ok
        : { status: 'changed', changes: differences }
  return foretold(resource, now, hosts, session)
}

const assertionText = (changes: Change[]): string =>
  changes.map(c => `${c.attribute}${c.host ? ` on ${c.host}` : ''}: ${c.from || 'nothing'}${c.to ? `, wanted ${c.to}` : ''}`).join('\n')

/** What a run leaves alone names the playbooks that mend it. */
const remedyOf = (changes: Change[]): string | undefined => {
  const playbooks = [...new Set(changes.flatMap(c => c.remedy ?? []))]
  return playbooks.length === 0 ? undefined : `a run leaves this alone; play ${playbooks.join(', ')}`
}

/** Reads one resource of one host, and where it differs changes it and reads it again. */
export const runHostTask = async (task: Task<HostResource>, host: HostSession, session: ClusterSession, voice: Voice): Promise<Outcome> => {
  const { resource } = task
  const read = () => unlessInterrupted(host.readings.ensure(resource.id, voice.progress), session.signal)
  const first = judge(resource, await read(), host, session)
  const merged = host.merged.get(resource.id)
  if (merged && first.status === 'ok') {
    host.merged.delete(resource.id)
    return { status: 'changed', changes: merged }
  }
  if (first.status !== 'changed') return first
  if (session.check) {
    predict(session, [host.host], resource.id)
    return first
  }
  await unlessInterrupted(session.beforeChange(), session.signal)
  // The lock may have been waited for: what was read before it was held is read again before it is acted upon.
  const wanted = judge(resource, await read(), host, session)
  if (wanted.status !== 'changed') return wanted
  return inGrace(() => change(task, wanted, host, session, voice), session, { host: host.host, id: resource.id, scope: 'host' })
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
