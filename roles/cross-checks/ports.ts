import { version3Ports } from '../service/nfs/version3.ts'
import { type Conflict, type CrossCheck, shared } from './conflict.ts'

/** Ports that other programs on the nodes listen on, some only with NFS version 3. */
const taken: { port: number; protocol: 'tcp' | 'udp' | 'both'; by: string }[] = [
  { port: 22, protocol: 'tcp', by: 'ssh' },
  { port: 68, protocol: 'udp', by: 'DHCP' },
  { port: 111, protocol: 'both', by: 'rpcbind' },
  { port: 123, protocol: 'udp', by: 'NTP' },
  { port: 323, protocol: 'udp', by: 'chronyc' },
  { port: 2049, protocol: 'both', by: 'nfsd' },
  { port: version3Ports.mountd, protocol: 'both', by: 'rpc.mountd' },
  { port: version3Ports.lockd, protocol: 'both', by: 'lockd' },
  { port: version3Ports.statd, protocol: 'both', by: 'rpc.statd' },
  { port: version3Ports.smNotify, protocol: 'both', by: 'sm-notify' },
]

const ownerOf = (port: number, protocol: 'tcp' | 'udp') =>
  taken.find(t => t.port === port && (t.protocol === 'both' || t.protocol === protocol))?.by

export const ports: CrossCheck = cluster => {
  const [drbd, heartbeat] = [shared(cluster, 'drbd_port'), shared(cluster, 'heartbeat_udpport')]
  const found: Conflict[] = []
  const drbdOwner = drbd && ownerOf(drbd.value, 'tcp')
  if (drbd && drbdOwner)
    found.push({
      host: drbd.host,
      names: ['drbd_port'],
      message: `drbd_port: ${drbd.value} is the port of ${drbdOwner}`,
      hint: '7788 to 7799 are customary',
    })
  // bindresvport(3) and the kernel's RPC clients take any free port below 1024.
  else if (drbd && drbd.value < 1024)
    found.push({
      host: drbd.host,
      names: ['drbd_port'],
      message: `drbd_port: ${drbd.value} is a privileged port, which NFS and RPC programs may take first`,
      hint: '7788 to 7799 are customary',
    })
  const heartbeatOwner = heartbeat && ownerOf(heartbeat.value, 'udp')
  if (heartbeat && heartbeatOwner)
    found.push({
      host: heartbeat.host,
      names: ['heartbeat_udpport'],
      message: `heartbeat_udpport: ${heartbeat.value} is the port of ${heartbeatOwner}`,
      hint: '694 is the registered one',
    })
  return found
}
