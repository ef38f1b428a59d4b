import type { DrbdStatus, LinkStatus, Member, NodeStatus } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import type { ServiceState } from './state.ts'
import { type Known, knownOf, whyUnread } from './unread.ts'

/** Pure: heartbeat's links and those without a carrier, as one list: the heartbeat NIC, the replication NIC, then the others by name. */
export const linksOf = ({ links = [], unplugged = [], heartbeat }: Known, vars: Vars): LinkStatus[] => {
  const heard = new Map(links.map(l => l.split(' ')).map(([nic = '', state = 'unknown']) => [nic, state]))
  const fixed = [vars.node_heartbeat_nic, vars.node_drbd_nic].filter(nic => heard.has(nic) || unplugged.includes(nic))
  const others = [...heard.keys(), ...unplugged].filter(nic => !fixed.includes(nic)).sort()
  const stateOf = (nic: string) => (unplugged.includes(nic) ? 'no-carrier' : heartbeat ? (heard.get(nic) ?? 'unknown') : 'unknown')
  return [...new Set([...fixed, ...others])].map(nic => ({ nic, state: stateOf(nic) }))
}

const drbdOf = (device: ServiceState['device']): DrbdStatus | { configured: false } => {
  if (!device) return { configured: false }
  const { connection, role, peerRole, disk, peerDisk, flags, outOfSync, sync } = device
  return {
    configured: true,
    connection,
    role,
    peerRole,
    disk,
    peerDisk,
    suspended: flags.startsWith('s'),
    outOfSyncKiB: outOfSync,
    resync: sync ? { percent: sync.percent, bytesPerSecond: sync.speed, secondsLeft: sync.remaining } : null,
  }
}

const nfsdOf = ({ nfsd = 0, nfs }: Known): NodeStatus['nfsd'] => ({
  threads: nfsd,
  versions: nfs?.versions ?? null,
  leaseSeconds: nfs?.lease ?? null,
  graceSeconds: nfs?.grace ?? null,
  scope: nfs?.scope.startsWith('is ') ? nfs.scope.slice(3) : null,
  clientTracking: nfs ? (nfs.tracked ? 'nfsdcld' : 'fallen back') : null,
})

/** Pure: one node as data. A field that was not read is null. */
export const nodeStatus = (member: Member<ServiceState>, vars: Vars): NodeStatus => {
  const [node] = knownOf([member]) as [Known]
  const has = (...fields: (keyof ServiceState)[]) => fields.every(field => field in node)
  const { reading, host } = member
  const isRead = reading.kind === 'present'
  return {
    host,
    read: isRead ? 'completely' : Object.keys(node).length > 1 ? 'partly' : 'no',
    why: isRead ? null : whyUnread(member),
    virtualIp: node.vip ?? null,
    heartbeat: has('heartbeat', 'stable') ? (node.heartbeat ? (node.stable ? 'running' : 'in-transition') : 'stopped') : null,
    links: has('links', 'unplugged') ? linksOf(node, vars) : null,
    drbd: has('device') ? drbdOf(node.device) : null,
    mounted: has('mounted', 'readOnly') ? (node.mounted ? (node.readOnly ? 'read-only' : 'read-write') : 'no') : null,
    clientState: node.state ?? null,
    exported: node.exported ?? null,
    servingSince: node.servingSince ?? null,
    nfsd: has('nfsd', 'nfs') ? nfsdOf(node) : null,
    clients: node.around?.clients ?? null,
    space: node.space?.map(({ mount, used, inodes }) => ({ mount, usedPercent: used, inodesPercent: inodes })) ?? null,
    pendingHandlers: node.pending ?? null,
    maintenance: has('maintenance') ? (node.maintenance === undefined ? '' : node.maintenance || 'marked') : null,
    play: node.lock ?? null,
    system: node.system ?? null,
    versions: node.versions ?? null,
  }
}
