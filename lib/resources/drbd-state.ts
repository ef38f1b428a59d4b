import { type DrbdEvent, parseDrbdEvents } from './drbd-events.ts'
import { type DrbdDevice, parseProcDrbd } from './proc-drbd.ts'

/**
 * Shell that prints the state of DRBD. For 8.4 everything is in /proc/drbd; for DRBD 9 only the version, so `drbdsetup events2` prints the
 * rest. `drbdsetup status` omits an unconnected peer, and with it the out-of-sync amount (recorded in test/fixtures/drbd).
 */
export const drbdState = `v=; { while IFS= read -r l; do v=\${v:-$l}; printf '%s\\n' "$l"; done < /proc/drbd; } 2>/dev/null
case $v in 'version: 9'*) drbdsetup events2 --now --statistics 2>/dev/null ;; esac`

/** Pure: the device with this minor number, from the output of `drbdState`. Undefined when it is not configured. */
export const parseDrbdState = (text: string, minor: number): DrbdDevice | undefined => {
  const { version, devices } = parseProcDrbd(text)
  return version.startsWith('9') ? deviceOf(parseDrbdEvents(text), minor) : devices.find(d => d.minor === minor)
}

/** Maps DRBD 9's state to the terms of 8.4, which all checks use. A pair has one peer, our resources have one volume. */
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

/** 8.4 has one state for the connection and the replication. */
const connectionOf = (connection: string, replication: string): string => {
  if (connection === 'Connecting') return 'WFConnection'
  return connection === 'Connected' && replication !== 'Established' && replication !== 'Off' ? replication : connection
}
