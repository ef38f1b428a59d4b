import type { DrbdStatus, NodeStatus, Tone } from '../../../lib/role-api/index.ts'
import { clock } from '../../../lib/role-api/index.ts'

interface Cell {
  text: string
  tone?: Tone
}

const notRead: Cell = { text: '?' }
const none: Cell = { text: '-' }
const good = (text: string): Cell => ({ text, tone: 'good' })
const bad = (text: string): Cell => ({ text, tone: 'bad' })
const plain = (text: string): Cell => ({ text })

/** The value's cell, or `?` if it was not read. */
const read = <T>(value: T | null, cell: (value: T) => Cell): Cell => (value === null ? notRead : cell(value))

const isDevice = (drbd: DrbdStatus | { configured: false }): drbd is DrbdStatus => drbd.configured

/** A cell about DRBD's device, if there is one. */
const drbdCell = (node: NodeStatus, cell: (device: DrbdStatus) => Cell, without = none): Cell =>
  read(node.drbd, drbd => (isDevice(drbd) ? cell(drbd) : without))

const connectionCell = ({ connection, resync, suspended }: DrbdStatus): Cell => {
  if (suspended) return bad(`${connection}, I/O suspended`)
  if (resync) return plain(`${connection} ${resync.percent}% ${clock(resync.secondsLeft)}`)
  return connection === 'Connected' ? good(connection) : bad(connection)
}

const disksCell = ({ disk, peerDisk }: DrbdStatus): Cell => {
  const text = `${disk}/${peerDisk}`
  return disk === 'UpToDate' && peerDisk === 'UpToDate' ? good(text) : bad(text)
}

const heartbeatCell = (state: NonNullable<NodeStatus['heartbeat']>): Cell =>
  state === 'running' ? good(state) : state === 'stopped' ? bad(state) : plain('running, in transition')

const linksCell = (links: NonNullable<NodeStatus['links']>): Cell => {
  if (links.length === 0) return none
  const text = links.map(({ nic, state }) => `${nic} ${state === 'no-carrier' ? 'unplugged' : state}`).join(', ')
  return links.every(l => l.state === 'up') ? good(text) : bad(text)
}

const spaceCell = (space: NonNullable<NodeStatus['space']>, limit: number): Cell => {
  const [used, inodes] = [Math.max(0, ...space.map(d => d.usedPercent)), Math.max(0, ...space.map(d => d.inodesPercent))]
  return { text: `${used}% / ${inodes}%`, tone: used > limit || inodes > limit ? 'bad' : '' }
}

/** Pure: one row per property and one column per node, so that two nodes can be compared at a glance. `spaceLimit` in percent. */
export const rowsOf = (
  nodes: NodeStatus[],
  { vip, spaceLimit }: { vip: string; spaceLimit: number },
): { rows: string[][]; tones: Tone[][] } => {
  const row = (title: string, cell: (node: NodeStatus) => Cell) => ({ title, cells: nodes.map(cell) })
  const nfsd = (node: NodeStatus, cell: (nfsd: NonNullable<NodeStatus['nfsd']>) => Cell) =>
    read(node.nfsd, state => (state.threads > 0 ? cell(state) : none))
  const some = (of: (node: NodeStatus) => unknown) => nodes.some(node => (of(node) ?? '') !== '')
  const systems = new Set(nodes.flatMap(n => n.system ?? []))
  const all = [
    row(`virtual IP ${vip}`, n => read(n.virtualIp, has => (has ? good('HERE') : none))),
    row('heartbeat', n => read(n.heartbeat, heartbeatCell)),
    row('links to the peer', n => read(n.links, linksCell)),
    row('DRBD connection', n => drbdCell(n, connectionCell, bad('no device'))),
    row('DRBD roles', n => drbdCell(n, d => plain(`${d.role}/${d.peerRole}`))),
    row('DRBD disks', n => drbdCell(n, disksCell)),
    row('out of sync', n => drbdCell(n, d => plain(`${d.outOfSyncKiB} KiB`))),
    row('mounted', n => read(n.mounted, state => (state === 'no' ? none : state === 'read-only' ? bad(state) : plain('yes')))),
    row("clients' state", n => read(n.clientState, state => plain(state || '-'))),
    row('exported', n => read(n.exported, is => plain(is ? 'yes' : '-'))),
    row('nfsd threads', n => nfsd(n, s => plain(String(s.threads)))),
    row('nfsd scope', n => nfsd(n, s => (s.scope === null ? bad('cannot be read') : plain(s.scope)))),
    row('nfsd client tracking', n => nfsd(n, s => (s.clientTracking === 'nfsdcld' ? plain('nfsdcld') : bad(s.clientTracking ?? '-')))),
    row('NFSv4 clients', n => nfsd(n, () => read(n.clients, c => plain(String(c.length))))),
    row('space / inodes used', n => read(n.space, space => spaceCell(space, spaceLimit))),
    row('pending handlers', n => read(n.pendingHandlers, handlers => plain(handlers.join(', ') || '-'))),
    ...(systems.size > 1 ? [row('system (upgrading)', n => read(n.system, plain))] : []),
    ...(some(n => n.maintenance) ? [row('maintenance', n => read(n.maintenance, text => plain(text || '-')))] : []),
    ...(some(n => n.play) ? [row('a play runs', n => read(n.play, text => plain(text || '-')))] : []),
  ]
  return {
    rows: all.map(({ title, cells }) => [title, ...cells.map(c => c.text)]),
    tones: all.map(({ cells }) => ['', ...cells.map(c => c.tone ?? '')]),
  }
}
