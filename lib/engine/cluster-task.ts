import type { AnyClusterResource, ClusterNodes, ClusterResource, Member } from '../resources/resource.ts'
import { skip, unknown } from '../resources/resource.ts'
import type { Outcome } from './events.ts'
import { noteOf } from './host-task.ts'
import { inGrace, unlessInterrupted } from './interrupt.ts'
import { failed, ok, outcomeOf, pending, skippedFor, stillDiffers } from './outcome.ts'
import { isPredicted, predict } from './prediction.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, Voice } from './session.ts'
import { settle } from './settle.ts'

interface Part {
  host: HostSession
  task: Task<AnyClusterResource>
}

/**
 * Reads a cluster resource on all nodes, and where it differs changes it with all their shells at hand and reads it again. Without one of the
 * nodes it is pending; a handler is so only where the nodes that are there need it.
 */
export const runClusterTask = async (
  parts: Part[],
  session: ClusterSession,
  voice: Voice,
  { isHandler = false }: { isHandler?: boolean } = {},
): Promise<Outcome> => {
  const leader = parts[0]
  if (!leader) return skippedFor(skip('no host of the cluster takes part'))
  const { resource } = leader.task
  const missing = resource.partial ? [] : [...session.missing].map(([host, reason]) => `${host} (${reason})`)
  if (missing.length > 0) return isHandler && !(await isNeeded(resource, parts, session)) ? ok : pending(`needs ${missing.join(' and ')}`)
  const stopped = parts.find(p => p.host.stopped !== undefined)
  if (stopped) return pending(`needs ${stopped.host.host} (${stopped.host.stopped})`)

  const look: Look = async () => judgeCluster(resource, await membersOf(parts, session, voice), session)
  const first = await unlessInterrupted(look(), session.signal)
  if (resource.table) session.emit({ type: 'table', ...resource.table(first.members) })
  const notified = isHandler ? namesOf(parts).filter(host => isPredicted(session, [host], resource.id)) : []
  if (first.outcome.status !== 'changed' && !(first.outcome.status === 'ok' && notified.length > 0)) return first.outcome
  if (session.check || resource.assertion) {
    const outcome = await foretell(resource, first, nodesOf(parts, session, voice, []), session, notified)
    if (outcome.status === 'changed') predict(session, namesOf(parts), resource.id)
    return outcome
  }
  await unlessInterrupted(session.beforeChange(), session.signal)
  const wanted = await unlessInterrupted(look(), session.signal)
  if (wanted.outcome.status !== 'changed') return wanted.outcome
  return inGrace(() => change(resource, parts, wanted, look, session, voice), session, {
    host: leader.host.host,
    id: resource.id,
    scope: 'cluster',
  })
}

type Look = () => Promise<ReturnType<typeof judgeCluster>>

/** Changes a cluster resource with the shells of all its nodes, and reads it again. */
const change = async (
  resource: ClusterResource,
  parts: Part[],
  { outcome: wanted, members }: Awaited<ReturnType<Look>>,
  look: Look,
  session: ClusterSession,
  voice: Voice,
): Promise<Outcome> => {
  const { task } = parts[0] as Part
  voice.phase('apply')
  const remarks: string[] = []
  const spoil = () => {
    for (const { host } of parts) host.readings.stale(resource.alters === 'itself' ? [resource.id] : undefined)
  }
  try {
    await resource.apply(nodesOf(parts, session, voice, remarks), wanted.changes, members)
  } finally {
    spoil()
  }
  for (const { host } of parts) host.readings.note(noteOf(task, wanted.changes, session))
  voice.phase('verify')
  const again = () => {
    for (const { host } of parts) host.readings.stale([resource.id])
  }
  const second = await settle(async () => (await look()).outcome, { again, late: spoil }, resource.settle ?? 0, session.signal)
  if (second.status === 'ok')
    return { status: 'changed', changes: wanted.changes, ...(remarks.length > 0 && { reason: remarks.join('; ') }) }
  if (second.status === 'changed') return failed(`applied, but ${stillDiffers(second.changes)}`)
  return second
}

const foretell = async (
  resource: AnyClusterResource,
  { outcome, members }: { outcome: Outcome; members: Member<unknown>[] },
  nodes: ClusterNodes,
  session: ClusterSession,
  notified: string[],
): Promise<Outcome> => {
  // What is held back by --no-handlers is only named, and drift says what differs now.
  if (!resource.foretell || session.drift || session.holdHandlers) return outcome
  const changes = await resource.foretell(nodes, outcome.changes, members, notified)
  return changes.length === 0 ? ok : { status: 'changed', changes }
}

const namesOf = (parts: Part[]): string[] => parts.map(p => p.host.host)

const isNeeded = async (resource: AnyClusterResource, parts: Part[], session: ClusterSession): Promise<boolean> => {
  const there = (await membersOf(parts, session)).filter(m => !session.missing.has(m.host))
  return judgeCluster(resource, there, session).outcome.status !== 'ok'
}

const membersOf = async (parts: Part[], session: ClusterSession, voice?: Voice): Promise<Member<unknown>[]> => {
  const there = await Promise.all(
    parts.map(async ({ host, task }) => ({ host: host.host, reading: await host.readings.ensure(task.resource.id, voice?.progress) })),
  )
  const missing = [...session.missing].filter(([host]) => !there.some(m => m.host === host))
  return [...there, ...missing.map(([host, reason]) => ({ host, reading: unknown(reason) }))]
}

const judgeCluster = (resource: AnyClusterResource, members: Member<unknown>[], session: ClusterSession) => {
  const dark = resource.partial ? undefined : members.find(m => m.reading.kind === 'unknown')
  if (dark?.reading.kind === 'unknown')
    return { members, outcome: outcomeOf(unknown(`${dark.reading.until} on ${dark.host}`), resource, [], session) }
  const hosts = members.map(m => m.host)
  return { members, outcome: outcomeOf(resource.compare(members), resource, hosts, session) }
}

const nodesOf = (parts: Part[], session: ClusterSession, voice: Voice, remarks: string[]): ClusterNodes => ({
  hosts: parts.map(p => p.host.host),
  on(name) {
    const part = parts.find(p => p.host.host === name)
    if (!part) throw new Error(`${name} is no host of this cluster`)
    const connection = session.writerOf(part.host)
    return { $: connection.$, connection }
  },
  reconnect: (name, through) => session.reconnect(name, through),
  remark: text => void remarks.push(text),
  show: table => session.emit({ type: 'table', ...table }),
  progress: voice.progress,
  signal: session.signal,
})
