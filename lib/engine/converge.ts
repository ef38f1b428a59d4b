import type { Place, Resource } from '../resources/resource.ts'
import type { Change } from '../resources/verdict.ts'
import type { Outcome } from './events.ts'
import { inGrace, unlessInterrupted } from './interrupt.ts'
import { failed, stillDiffers } from './outcome.ts'
import { predict } from './prediction.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, TaskReporter } from './session.ts'
import { verify } from './verify.ts'

/** Result of reading and judging a resource once. Subjects keep their readings with it. */
export interface Look {
  outcome: Outcome
}

export interface Applied {
  /** For the result. */
  remark?: string | undefined
  /** The apply has invalidated what it changed, read the resource again and written to the host's log. */
  isReadAgain?: true
}

/** A resource in its place: on one host, or on the nodes of a cluster. */
export interface Subject<L extends Look> {
  task: Task
  /** Its hosts; messages name the first one. */
  hosts: HostSession[]
  /** Reads what is stale, and judges. */
  look(): Promise<L>
  /** The outcome of a check, from the first look. */
  preview(first: L): Promise<Outcome>
  /** Undefined for a resource that is only judged. */
  apply: ((wanted: L) => Promise<Applied>) | undefined
  /** Its apply writes to the hosts' own logs itself. */
  notesItself?: true
}

/**
 * Read, judge; if it differs: lock, read again, apply, read again. All resources follow this sequence; a check stops after the first two
 * steps. Throws what reading or applying throws, and `Interrupted`.
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
  // No change is based on a reading from before the lock was held.
  for (const { readings } of subject.hosts) readings.renew([subject.task.resource.id])
  const wanted = await look()
  if (wanted.outcome.status !== 'changed') return wanted.outcome
  const { id, scope } = subject.task.resource
  return inGrace(() => change({ ...subject, apply }, wanted, session, reporter), session, { host: subject.hosts[0]?.host ?? '', id, scope })
}

const previewed = async <L extends Look>(subject: Subject<L>, first: L, session: ClusterSession): Promise<Outcome> => {
  const outcome = await subject.preview(first)
  // A gate shows what the rest of the play would do, and changes nothing itself.
  if (outcome.status === 'changed' && !subject.task.resource.assertion)
    predict(
      session,
      subject.hosts.map(h => h.host),
      subject.task.resource.id,
    )
  return outcome
}

/** Applies, and reads again: only when the second reading matches is the outcome `changed`. */
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
    // A failed apply may have changed something too.
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

/** The line for the host's own log: which change and which run. No values, so no secrets. */
export const noteOf = (
  { role, resource }: { role: string; resource: { id: string } },
  changes: Change[],
  { owner }: Pick<ClusterSession, 'owner'>,
): string => `${role}: ${resource.id}: ${[...new Set(changes.map(c => c.attribute))].join(', ')} (${owner})`

const invalidateOwn = ({ id }: Resource, hosts: HostSession[]): void => {
  for (const { readings } of hosts) readings.invalidate([id])
}

/** The place that its apply changes, if it declares one. */
const placeOf = (resource: Resource): Place | undefined =>
  resource.scope === 'host' && !resource.assertion ? resource.apply.place : undefined

/** Invalidates everything that an apply of this resource may have changed. */
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
