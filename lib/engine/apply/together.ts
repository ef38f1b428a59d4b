import type { AnyHostResource, ApplyScript, HostResource, Place } from '../../resources/resource.ts'
import type { Change } from '../../resources/verdict.ts'
import { askingHost, judge } from '../judge.ts'
import type { Task } from '../schedule.ts'
import type { ClusterSession, HostSession } from '../session.ts'

/** One of several changes that are applied together. */
export interface Member {
  task: Task<HostResource>
  changes: Change[]
  script: ApplyScript
}

/** Limits of a batch: number of changes, and characters of script. */
const most = 50
const longest = 512 * 1024

type Session = Pick<ClusterSession, 'check' | 'predicted' | 'drift'>

/** The tasks directly after this one that may also differ, by their last reading. */
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
 * The first change, and those directly after it that can be applied with it: each was read just now and differs, and does not depend on the
 * result of an earlier one. The first task that is not such a change (in sync, refused, unknown) ends the list.
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
  // A change that takes effect with a delay cannot be judged by one reading.
  return resource.merge || resource.settle !== undefined ? undefined : resource.apply.place
}

/** The differences of a resource that was read just now and is judged by its own reading only. */
const changesNow = ({ resource }: Task<HostResource>, host: HostSession, session: Session): Change[] | undefined => {
  const reading = host.readings.fresh(resource.id)
  if (!reading || host.merged.has(resource.id)) return undefined
  const asked = new Set<string>()
  const outcome = judge(resource, reading, askingHost(host, asked), session)
  return outcome.status === 'changed' && asked.size === 0 ? outcome.changes : undefined
}

/** Whether the reading of a resource is still valid after these changes. */
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
 * Pure. A link may make a path refer elsewhere, so only other links come after it. An edit based on the content of a file must not come
 * after another change of that file, by whatever path.
 */
const areApart = (before: Place, place: Place): boolean => {
  if (before.kind === 'link') return place.kind === 'link' && !place.path.startsWith(`${before.path}/`) && before.path !== place.path
  return place.kind !== 'edit' || nameOf(before.path) !== nameOf(place.path)
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
