import { describeDevice } from '../../../lib/role-api/index.ts'
import type { NamedState } from '../state/state.ts'

/** Pure: why another disk cannot become a copy of this node's disk now. */
export const copyProblems = ({ host, device }: NamedState): string[] => {
  if (!device) return [`DRBD has no device on ${host}, whose data is to be copied`]
  const seen = describeDevice(device)
  return [
    ...(device.connection === 'StandAlone'
      ? [
          `DRBD is StandAlone on ${host} (${seen}). After a split brain: split-brain.yml. If the other copy is gone for good: drbdadm connect, on ${host}`,
        ]
      : []),
    ...(device.disk === 'UpToDate' ? [] : [`the copy of ${host} is ${device.disk} (${seen}): it cannot be used as the source`]),
    ...(device.role === 'Primary' ? [] : [`DRBD is ${device.role} on ${host} (${seen})`]),
    ...(device.flags.startsWith('s') ? [`DRBD has suspended I/O on ${host} (journalctl -b -t nfsha shows what it waits for)`] : []),
  ]
}
