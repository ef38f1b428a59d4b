import { skip } from '../resources/reading.ts'
import type { AnyClusterResource, ClusterAssertion, ClusterResource, Member, Procedure } from '../resources/resource.ts'
import type { Unreachable } from '../ssh/connection.ts'
import { type Applied, converge } from './converge.ts'
import type { Outcome } from './events.ts'
import { ok, outcomeOf, pending, skippedFor } from './outcome.ts'
import { membersOf, nodesOf, type Part, readersOf, remarkOf, unreadIn } from './parts.ts'
import { isPredicted } from './prediction.ts'
import { runProcedure } from './procedure-task.ts'
import type { ClusterSession, TaskReporter } from './session.ts'
import { markUnreachable } from './unreachable.ts'

interface ClusterLook {
  outcome: Outcome
  members: Member<unknown>[]
}

/**
 * Reads a cluster resource on all nodes; if it differs, changes it with shells on all of them and reads it again. With a node missing it is
 * pending; a handler only if the available nodes need it.
 */
export const runClusterTask = async (
  all: Part[],
  session: ClusterSession,
  reporter: TaskReporter,
  { isHandler = false }: { isHandler?: boolean } = {},
): Promise<Outcome> => {
  // Shown again after a node was lost (drift reads twice): that node is in `missing` by then.
  const parts = all[0]?.task.resource.status ? all.filter(p => !session.missing.has(p.host.host)) : all
  const task = parts[0]?.task
  if (!task) return skippedFor(skip('no host of the cluster takes part'))
  const { resource } = task
  const absence = await withoutNode(resource, parts, session, isHandler)
  if (absence) return absence
  if (resource.plan) return runProcedure(resource, parts as Part<Procedure>[], session, reporter)
  // The status is shown without a node that is lost meanwhile, as without one that was missing from the start.
  const onLost = resource.status ? (host: string, error: Unreachable) => markUnreachable(host, error, session) : undefined
  let isFirst = true
  return converge<ClusterLook>(
    {
      task,
      hosts: parts.map(p => p.host),
      async look() {
        const seen = judge(resource, await membersOf(parts, session, reporter, onLost), session)
        if (isFirst && resource.table) session.emit({ type: 'table', ...resource.table(seen.members) })
        if (isFirst && resource.status) session.emit({ type: 'status', status: resource.status(seen.members) })
        isFirst = false
        return seen
      },
      preview: first => preview(resource, first, parts, session, reporter, isHandler),
      apply: resource.assertion ? undefined : wanted => apply(resource, wanted, parts, session, reporter),
    },
    session,
    reporter,
  )
}

/** The outcome while a node is missing; undefined when the resource can be read anyway. */
const withoutNode = async (
  resource: AnyClusterResource,
  parts: Part[],
  session: ClusterSession,
  isHandler: boolean,
): Promise<Outcome | undefined> => {
  const missing = resource.allowMissing ? [] : [...session.missing].map(([host, reason]) => `${host} (${reason})`)
  if (missing.length > 0) {
    const isIdle = isHandler && !resource.plan && !(await isNeeded(resource, parts, session))
    return isIdle ? ok : pending(`needs ${missing.join(' and ')}`)
  }
  const stopped = resource.status ? undefined : parts.find(p => p.host.stopped !== undefined)
  return stopped && pending(`needs ${stopped.host.host} (${stopped.host.stopped})`)
}

const isNeeded = async (resource: Compared, parts: Part[], session: ClusterSession): Promise<boolean> => {
  const there = (await membersOf(parts, session)).filter(m => !session.missing.has(m.host))
  return judge(resource, there, session).outcome.status !== 'ok'
}

type Compared = ClusterResource | ClusterAssertion

const judge = (resource: Compared, members: Member<unknown>[], session: ClusterSession): ClusterLook => {
  const hosts = members.map(m => m.host)
  const unread = resource.allowMissing ? undefined : unreadIn(members)
  if (unread) return { members, outcome: outcomeOf(unread, resource, hosts, session) }
  return { members, outcome: outcomeOf(resource.compare(members), resource, hosts, session) }
}

/** Previews a handler that a predicted change notifies, even if nothing differs yet. */
const preview = async (
  resource: Compared,
  { outcome, members }: ClusterLook,
  parts: Part[],
  session: ClusterSession,
  reporter: TaskReporter,
  isHandler: boolean,
): Promise<Outcome> => {
  const hosts = parts.map(p => p.host.host)
  const notified = isHandler ? hosts.filter(host => isPredicted(session, [host], resource.id)) : []
  const isDue = outcome.status === 'changed' || (outcome.status === 'ok' && notified.length > 0)
  // A handler held back by --no-handlers is only named, and drift reports what differs now.
  if (!isDue || !resource.preview || session.drift || session.holdHandlers) return outcome
  const changes = await resource.preview(readersOf(parts, session, reporter), outcome.changes, members, notified)
  return changes.length === 0 ? ok : { status: 'changed', changes }
}

const apply = async (
  resource: ClusterResource,
  { outcome, members }: ClusterLook,
  parts: Part[],
  session: ClusterSession,
  reporter: TaskReporter,
): Promise<Applied> => {
  const remarks: string[] = []
  await resource.apply(nodesOf(parts, session, reporter, remarks), outcome.changes, members)
  return { remark: remarkOf(remarks) }
}
