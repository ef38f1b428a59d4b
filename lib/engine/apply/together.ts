import type { AnyHostResource, ApplyScript, Change, HostResource, Place } from '../../resources/resource.ts'
import { askingHost, judge } from '../judge.ts'
import type { Task } from '../schedule.ts'
import type { ClusterSession, HostSession } from '../session.ts'

/** One of several changes that are made in one go. */
export interface Member {
  task: Task<HostResource>
  changes: Change[]
  script: ApplyScript
}

/** At most so many, and so much text (characters), travel together. */
const most = 50
const longest = 512 * 1024

type Session = Pick<ClusterSession, 'check' | 'predicted' | 'drift'>

/** Those right behind a task that may differ as it does, by what was last read of them. */
export const candidates = (
  { resource }: Task<AnyHostResource>,
  following: Task<AnyHostResource>[],
  host: HostSession,
  session: Session,
): Task<HostResource>[] => {
  if (placeOf(resource) === undefined) return []
  const may = (task: Task<AnyHostResource>): task is Task<HostResource> => {
    const known = host.readings.peek(task.resource.id)
    return placeOf(task.resource) !== undefined && (known === undefined || judge(task.resource, known, host, session).status !== 'ok')
  }
  const end = following.findIndex(task => !may(task))
  return following.slice(0, Math.min(end < 0 ? following.length : end, most - 1)).filter(may)
}

/**
 * The first change, and those right behind it that can be made with it: each was read just now and differs, and nothing that an earlier one makes known is
 * needed for it. The first that is something else (in sync, refused, unknown) ends them.
 */
export const changedTogether = (first: Member, behind: Task<HostResource>[], host: HostSession, session: Session): Member[] => {
  const members = [first]
  let length = first.script.sh.length
  for (const task of behind) {
    const changes = changesNow(task, host, session)
    const script = changes && task.resource.apply.script?.(changes)
    if (!changes || !script || !isIndependent(task.resource, members)) break
    length += script.sh.length
    if (length > longest) break
    members.push({ task, changes, script })
  }
  return members
}

const placeOf = ({ assertion, ...resource }: AnyHostResource): Place | undefined => {
  if (assertion || !('apply' in resource)) return undefined
  // What takes its time to show is not judged by one reading.
  return resource.merge || resource.settle !== undefined ? undefined : resource.apply.place
}

/** What differs, where that was read just now and is judged by nothing else. */
const changesNow = ({ resource }: Task<HostResource>, host: HostSession, session: Session): Change[] | undefined => {
  const reading = host.readings.fresh(resource.id)
  if (!reading || host.merged.has(resource.id)) return undefined
  const asked = new Set<string>()
  const outcome = judge(resource, reading, askingHost(host, asked), session)
  return outcome.status === 'changed' && asked.size === 0 ? outcome.changes : undefined
}

/** Whether what was read of a resource still holds when these have been changed. */
const isIndependent = (resource: HostResource, members: Member[]): boolean => {
  const place = placeOf(resource)
  return (
    place !== undefined &&
    members.every(({ task: { resource: earlier } }) => {
      const before = placeOf(earlier)
      return before !== undefined && !resource.dependsOn?.includes(earlier.id) && areApart(before, place)
    })
  )
}

/**
 * Pure. A link may make a path lead elsewhere, so only other links come after it. What is made of a file's own text must not come after another change of that file, by
 * whatever path.
 */
const areApart = (before: Place, place: Place): boolean => {
  if (before.kind === 'link') return place.kind === 'link' && !place.path.startsWith(`${before.path}/`) && before.path !== place.path
  return place.kind !== 'edit' || nameOf(before.path) !== nameOf(place.path)
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
