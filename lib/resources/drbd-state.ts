import { type DrbdEvent, parseDrbdEvents } from './drbd-events.ts'
import { type DrbdDevice, parseProcDrbd } from './proc-drbd.ts'

/**
 * Shell that prints how DRBD stands: for 8.4 all is in /proc/drbd; of DRBD 9 only its version is, and drbdsetup is asked. Not for `status`: without a connection that leaves
 * the peer out, and with it how much has changed since (recorded in test/fixtures/drbd).
 */
export const drbdState = `v=; { while IFS= read -r l; do v=\${v:-$l}; printf '%s\\n' "$l"; done < /proc/drbd; } 2>/dev/null
case $v in 'version: 9'*) drbdsetup events2 --now --statistics 2>/dev/null ;; esac`

/** Pure: the device of this minor number, from what `drbdState` printed. Undefined when it is configured nowhere. */
export const parseDrbdState = (text: string, minor: number): DrbdDevice | undefined => {
  const { version, devices } = parseProcDrbd(text)
  return version.startsWith('9') ? deviceOf(parseDrbdEvents(text), minor) : devices.find(d => d.minor === minor)
}

/** DRBD 9's answer in the words of 8.4, which all judgements are made in. A pair has one peer, a resource of ours one volume. */
const deviceOf = (events: DrbdEvent[], minor: number): DrbdDevice | undefined => {
  const device = events.find(e => e.object === 'device' && e.values.minor === String(minor))?.values
  if (!device) return undefined
  const of = (object: string) => events.find(e => e.object === object && e.values.name === device.name)?.values ?? {}
  const [resource, connection, peer] = [of('resource'), of('connection'), of('peer-device')]
  return {
    minor,
    connection: connectionOf(connection.connection ?? 'StandAlone', peer.replication ?? 'Off'),
    role: resource.role ?? 'Unknown',
    peerRole: connection.role ?? 'Unknown',
    disk: device.disk ?? 'DUnknown',
    peerDisk: peer['peer-disk'] ?? 'DUnknown',
    flags: (resource.suspended ?? 'no') === 'no' ? 'r-----' : 's-----',
    outOfSync: Number(peer['out-of-sync'] ?? 0),
  }
}

/** 8.4 has one word for the connection and for what goes over it. */
const connectionOf = (connection: string, replication: string): string => {
  if (connection === 'Connecting') return 'WFConnection'
  return connection === 'Connected' && replication !== 'Established' && replication !== 'Off' ? replication : connection
}
