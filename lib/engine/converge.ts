import type { Change, Place, Resource } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import { inGrace, unlessInterrupted } from './interrupt.ts'
import { failed, stillDiffers } from './outcome.ts'
import { predict } from './prediction.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, TaskReporter } from './session.ts'
import { verify } from './verify.ts'

/** What one look at a resource came to. Subjects keep what they have read beside it. */
export interface Look {
  outcome: Outcome
}

export interface Applied {
  /** For the result. */
  remark?: string | undefined
  /** It has invalidated what it has altered, read the resource again after that, and noted what it has done. */
  isReadAgain?: true
}

/** A resource where it is: on one host, or on the nodes of a cluster. */
export interface Subject<L extends Look> {
  task: Task
  /** The hosts that it is on; the first stands for all in messages. */
  hosts: HostSession[]
  /** Reads what is stale, and judges. */
  look(): Promise<L>
  /** What a check shows for the first look. */
  preview(first: L): Promise<Outcome>
  /** Undefined for what is only judged. */
  apply: ((wanted: L) => Promise<Applied>) | undefined
  /** Its apply writes to the hosts' own logs what it has done. */
  notesItself?: true
}

/**
 * Read, judge, and where it differs: lock, read again, apply, read again. All resources go this way; only the first two steps are taken in a check.
 * Throws what reading or applying throws, and `Interrupted`.
 */
export const converge = async <L extends Look>(subject: Subject<L>, session: ClusterSession, reporter: TaskReporter): Promise<Outcome> => {
  const look = () => unlessInterrupted(subject.look(), session.signal)
  const first = await look()
  if (session.check) return previewed(subject, first, session)
  const { apply } = subject
  if (first.outcome.status !== 'changed' || !apply) return first.outcome
  reporter.phase('lock')
  await unlessInterrupted(session.beforeChange(), session.signal)
  reporter.phase('read')
  // Nothing is changed by what was read before the lock was held.
  for (const { readings } of subject.hosts) readings.renew([subject.task.resource.id])
  const wanted = await look()
  if (wanted.outcome.status !== 'changed') return wanted.outcome
  const { id, scope } = subject.task.resource
  return inGrace(() => change({ ...subject, apply }, wanted, session, reporter), session, { host: subject.hosts[0]?.host ?? '', id, scope })
}

const previewed = async <L extends Look>(subject: Subject<L>, first: L, session: ClusterSession): Promise<Outcome> => {
  const outcome = await subject.preview(first)
  if (outcome.status === 'changed')
    predict(
      session,
      subject.hosts.map(h => h.host),
      subject.task.resource.id,
    )
  return outcome
}

/** Applies, and reads again: only a second reading that is right is `changed`. */
const change = async <L extends Look>(
  subject: Subject<L> & { apply: (wanted: L) => Promise<Applied> },
  wanted: L,
  session: ClusterSession,
  reporter: TaskReporter,
): Promise<Outcome> => {
  const { task, hosts } = subject
  const { changes } = wanted.outcome
  const invalidateAll = () => invalidate(task.resource, hosts, session)
  reporter.phase('apply')
  let applied: Applied | undefined
  try {
    applied = await subject.apply(wanted)
  } finally {
    // Even a failed apply may have written.
    if (!applied?.isReadAgain) invalidateAll()
  }
  const { remark, isReadAgain = false } = applied
  if (!subject.notesItself && !isReadAgain) for (const { readings } of hosts) readings.note(noteOf(task, changes, session))
  reporter.phase('verify')
  const second = await verify(
    async () => (await subject.look()).outcome,
    { again: () => invalidateOwn(task.resource, hosts), late: invalidateAll, isRead: isReadAgain },
    task.resource.settle ?? 0,
    session.signal,
  )
  if (second.status === 'ok') return { status: 'changed', changes, ...(remark !== undefined && { reason: remark }) }
  if (second.status === 'changed') return failed(`applied, but ${stillDiffers(second.changes)}`)
  return second
}

/** The line of a change in the host's own log: what and whose, no values, so no secret. */
export const noteOf = (
  { role, resource }: { role: string; resource: { id: string } },
  changes: Change[],
  { owner }: Pick<ClusterSession, 'owner'>,
): string => `${role}: ${resource.id}: ${[...new Set(changes.map(c => c.attribute))].join(', ')} (${owner})`

const invalidateOwn = ({ id }: Resource, hosts: HostSession[]): void => {
  for (const { readings } of hosts) readings.invalidate([id])
}

/** All that its apply changes, where it says so. */
const placeOf = (resource: Resource): Place | undefined =>
  resource.scope === 'host' && !resource.assertion ? resource.apply.place : undefined

/** Marks stale what an apply of this resource may have altered. */
export const invalidate = (resource: Resource, hosts: HostSession[], session: ClusterSession): void => {
  const { invalidates = 'cluster' } = resource
  const place = placeOf(resource)
  if (invalidates === 'host' && place) {
    for (const { readings } of hosts) readings.invalidateBy(resource.id, place)
    return
  }
  const ids = invalidates === 'itself' ? [resource.id] : undefined
  for (const { readings } of invalidates === 'cluster' ? new Set([...hosts, ...session.hosts.values()]) : hosts) readings.invalidate(ids)
}
