import { type DrbdPeer, type DrbdStatus, parseDrbdStatus } from './drbd-status.ts'
import { type DrbdDevice, parseProcDrbd } from './proc-drbd.ts'

/** Shell that prints how DRBD stands: for 8.4 all is in /proc/drbd; of DRBD 9 only its version is, and drbdsetup is asked. */
export const drbdState = `cat /proc/drbd 2>/dev/null; v=; { read -r v < /proc/drbd; } 2>/dev/null
case $v in 'version: 9'*) drbdsetup status --verbose --statistics 2>/dev/null ;; esac`

/** Pure: the device of this minor number, from what `drbdState` printed. Undefined when it is configured nowhere. */
export const parseDrbdState = (text: string, minor: number): DrbdDevice | undefined => {
  const { version, devices } = parseProcDrbd(text)
  if (!version.startsWith('9')) return devices.find(d => d.minor === minor)
  const status = parseDrbdStatus(text).find(r => r.minor === minor)
  return status && deviceOf(status, minor)
}

/** DRBD 9's answer in the words of 8.4, which all judgements are made in. A pair has one peer. */
const deviceOf = ({ role, disk, suspended, peers: [peer] }: DrbdStatus, minor: number): DrbdDevice => ({
  minor,
  connection: peer ? connectionOf(peer) : 'StandAlone',
  role,
  peerRole: peer?.role ?? 'Unknown',
  disk,
  peerDisk: peer?.disk ?? 'DUnknown',
  flags: suspended ? 's-----' : 'r-----',
  outOfSync: peer?.outOfSync ?? 0,
})

/** 8.4 has one word for the connection and for what goes over it. */
const connectionOf = ({ connection, replication }: DrbdPeer): string => {
  if (connection === 'Connecting') return 'WFConnection'
  if (connection !== 'Connected') return connection
  return replication === 'Established' || replication === '' ? 'Connected' : replication
}
