import type { AnyClusterResource, ClusterNodes, ClusterResource, Member } from '../resources/resource.ts'
import { skip, unknown } from '../resources/resource.ts'
import { converge } from './converge.ts'
import type { Outcome } from './events.ts'
import { ok, outcomeOf, pending, skippedFor } from './outcome.ts'
import { isPredicted } from './prediction.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, TaskReporter } from './session.ts'

interface Part {
  host: HostSession
  task: Task<AnyClusterResource>
}

interface ClusterLook {
  outcome: Outcome
  members: Member<unknown>[]
}

/**
 * Reads a cluster resource on all nodes, and where it differs changes it with all their shells at hand and reads it again. Without one of the
 * nodes it is pending; a handler is so only where the nodes that are there need it.
 */
export const runClusterTask = async (
  parts: Part[],
  session: ClusterSession,
  reporter: TaskReporter,
  { isHandler = false }: { isHandler?: boolean } = {},
): Promise<Outcome> => {
  const task = parts[0]?.task
  if (!task) return skippedFor(skip('no host of the cluster takes part'))
  const { resource } = task
  const absence = await withoutNode(resource, parts, session, isHandler)
  if (absence) return absence
  let isFirst = true
  return converge<ClusterLook>(
    {
      task,
      hosts: parts.map(p => p.host),
      async look() {
        const seen = judge(resource, await membersOf(parts, session, reporter), session)
        if (isFirst && resource.table) session.emit({ type: 'table', ...resource.table(seen.members) })
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

/** What it comes to while a node takes no part; undefined when it can be looked at. */
const withoutNode = async (
  resource: AnyClusterResource,
  parts: Part[],
  session: ClusterSession,
  isHandler: boolean,
): Promise<Outcome | undefined> => {
  const missing = resource.allowMissing ? [] : [...session.missing].map(([host, reason]) => `${host} (${reason})`)
  if (missing.length > 0) return isHandler && !(await isNeeded(resource, parts, session)) ? ok : pending(`needs ${missing.join(' and ')}`)
  const stopped = parts.find(p => p.host.stopped !== undefined)
  return stopped && pending(`needs ${stopped.host.host} (${stopped.host.stopped})`)
}

const isNeeded = async (resource: AnyClusterResource, parts: Part[], session: ClusterSession): Promise<boolean> => {
  const there = (await membersOf(parts, session)).filter(m => !session.missing.has(m.host))
  return judge(resource, there, session).outcome.status !== 'ok'
}

const membersOf = async (parts: Part[], session: ClusterSession, reporter?: TaskReporter): Promise<Member<unknown>[]> => {
  const there = await Promise.all(
    parts.map(async ({ host, task }) => ({ host: host.host, reading: await host.readings.ensure(task.resource.id, reporter?.progress) })),
  )
  const missing = [...session.missing].filter(([host]) => !there.some(m => m.host === host))
  return [...there, ...missing.map(([host, reason]) => ({ host, reading: unknown(reason) }))]
}

const judge = (resource: AnyClusterResource, members: Member<unknown>[], session: ClusterSession): ClusterLook => {
  const unread = resource.allowMissing ? undefined : members.find(m => m.reading.kind === 'unknown')
  if (unread?.reading.kind === 'unknown')
    return { members, outcome: outcomeOf(unknown(`${unread.reading.until} on ${unread.host}`), resource, [], session) }
  const hosts = members.map(m => m.host)
  return { members, outcome: outcomeOf(resource.compare(members), resource, hosts, session) }
}

/** A handler that a predicted change notifies is previewed even where nothing differs yet. */
const preview = async (
  resource: AnyClusterResource,
  { outcome, members }: ClusterLook,
  parts: Part[],
  session: ClusterSession,
  reporter: TaskReporter,
  isHandler: boolean,
): Promise<Outcome> => {
  const hosts = parts.map(p => p.host.host)
  const notified = isHandler ? hosts.filter(host => isPredicted(session, [host], resource.id)) : []
  const isDue = outcome.status === 'changed' || (outcome.status === 'ok' && notified.length > 0)
  // What is held back by --no-handlers is only named, and drift says what differs now.
  if (!isDue || !resource.preview || session.drift || session.holdHandlers) return outcome
  const changes = await resource.preview(nodesOf(parts, session, reporter, []), outcome.changes, members, notified)
  return changes.length === 0 ? ok : { status: 'changed', changes }
}

/** Returns what the apply remarks. */
const apply = async (
  resource: ClusterResource,
  { outcome, members }: ClusterLook,
  parts: Part[],
  session: ClusterSession,
  reporter: TaskReporter,
): Promise<string | undefined> => {
  const remarks: string[] = []
  await resource.apply(nodesOf(parts, session, reporter, remarks), outcome.changes, members)
  return remarks.length > 0 ? remarks.join('; ') : undefined
}

const nodesOf = (parts: Part[], session: ClusterSession, reporter: TaskReporter, remarks: string[]): ClusterNodes => ({
  hosts: parts.map(p => p.host.host),
  on(name) {
    const part = parts.find(p => p.host.host === name)
    if (!part) throw new Error(`${name} is no host of this cluster`)
    const connection = session.writerOf(part.host)
    return { $: connection.$, connection }
  },
  reconnect: (name, via) => session.reconnect(name, via),
  remark: text => void remarks.push(text),
  show: table => session.emit({ type: 'table', ...table }),
  progress: reporter.progress,
  signal: session.signal,
})
