import type { DrbdStatus, NodeStatus } from '../../resources/cluster-status.ts'

/** DRBD devices that were read. */
export const devicesOf = (nodes: readonly NodeStatus[]): DrbdStatus[] => nodes.flatMap(({ drbd }) => (drbd?.configured ? [drbd] : []))

const most = (values: number[]): number | null => (values.length === 0 ? null : Math.max(...values))

/** KiB that differ: the larger figure of the two nodes; null when no device was read. */
export const outOfSync = (nodes: readonly NodeStatus[]): number | null => most(devicesOf(nodes).map(d => d.outOfSyncKiB))

/** Progress of a resynchronisation; null when none runs, or none was read. */
export const resyncPercent = (nodes: readonly NodeStatus[]): number | null =>
  most(devicesOf(nodes).flatMap(({ resync }) => (resync ? [resync.percent] : [])))

/** Number of links on which heartbeat hears the other node, of all that were read. */
export const linksUp = (nodes: readonly NodeStatus[]): { up: number; all: number } | null => {
  const links = nodes.flatMap(n => n.links ?? [])
  return nodes.some(n => n.links !== null) ? { up: links.filter(l => l.state === 'up').length, all: links.length } : null
}

/** nfsd threads on all nodes that were read; null when none was. */
export const threads = (nodes: readonly NodeStatus[]): number | null => {
  const read = nodes.flatMap(({ nfsd }) => (nfsd ? [nfsd.threads] : []))
  return read.length === 0 ? null : read.reduce((sum, n) => sum + n, 0)
}
