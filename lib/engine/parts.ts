import { notRead, type Unknown, unknownOn } from '../resources/reading.ts'
import type { AnyClusterResource, ClusterNodes, Member } from '../resources/resource.ts'
import { type Connection, Unreachable } from '../ssh/connection.ts'
import type { Task } from './schedule.ts'
import type { ClusterSession, HostSession, TaskReporter } from './session.ts'

/** One node's part of a cluster task: its own instance of the resource, because the probe may differ between nodes. */
export interface Part<R extends AnyClusterResource = AnyClusterResource> {
  host: HostSession
  task: Task<R>
}

/**
 * Reads all nodes; missing ones are unknown. `onLost`: a node whose connection is lost meanwhile is unknown too, instead of ending the
 * reading.
 */
export const membersOf = async (
  parts: Part[],
  session: Pick<ClusterSession, 'missing'>,
  reporter?: TaskReporter,
  onLost?: (host: string, error: Unreachable) => void,
): Promise<Member<unknown>[]> => {
  const there = await Promise.all(
    parts.map(async ({ host: { host, readings }, task }) => {
      const reading = readings.ensure(task.resource.id, reporter?.progress)
      if (!onLost) return { host, reading: await reading }
      return {
        host,
        reading: await reading.catch((error: unknown) => {
          if (!(error instanceof Unreachable)) throw error
          onLost(host, error)
          return notRead('unreachable')
        }),
      }
    }),
  )
  const missing = [...session.missing].filter(([host]) => !there.some(m => m.host === host))
  return [...there, ...missing.map(([host, reason]) => ({ host, reading: notRead(reason) }))]
}

/** Why the whole is unknown: the first member that could not be read. */
export const unreadIn = (members: Member<unknown>[]): Unknown | undefined => {
  const unread = members.find(m => m.reading.kind === 'unknown')
  return unread?.reading.kind === 'unknown' ? unknownOn(unread.host, unread.reading) : undefined
}

/** Shells on the nodes of the cluster for one apply, which run a script only while this run holds the lock; its remarks are added to `remarks`. */
export const nodesOf = (parts: Part[], session: ClusterSession, reporter: TaskReporter, remarks: string[]): ClusterNodes =>
  shellsOf(parts, session.writerOf, session, reporter, remarks)

/** Shells on the nodes of the cluster for one preview: a check holds no lock, and a preview only reads. */
export const readersOf = (parts: Part[], session: ClusterSession, reporter: TaskReporter): ClusterNodes =>
  shellsOf(parts, host => host.connection, session, reporter, [])

const shellsOf = (
  parts: Part[],
  connectionOf: (host: HostSession) => Connection,
  session: ClusterSession,
  reporter: TaskReporter,
  remarks: string[],
): ClusterNodes => ({
  hosts: parts.map(p => p.host.host),
  on(name) {
    const part = parts.find(p => p.host.host === name)
    if (!part) throw new Error(`${name} is not a host of this cluster`)
    const connection = connectionOf(part.host)
    return { $: connection.$, connection }
  },
  reconnect: (name, via) => session.reconnect(name, via),
  remark: text => void remarks.push(text),
  show: table => session.emit({ type: 'table', ...table }),
  progress: reporter.progress,
  signal: session.signal,
})

/** Text of the result in addition to its changes. */
export const remarkOf = (remarks: string[]): string | undefined => (remarks.length > 0 ? remarks.join('; ') : undefined)
