import type { DrbdDevice } from '../../lib/role-api/index.ts'
import { bytes, describeDevice, isSyncing } from '../../lib/role-api/index.ts'
import { dataBytes } from '../service/drbd/adoption.ts'
import { maintenanceProblems } from '../service/maintenance-mark.ts'
import type { Vars } from '../vars.ts'
import { exactly, type Sizes, spareOf, volumeTarget } from './sizes.ts'
import type { NamedNode } from './state.ts'

const look = 'run nfsha-play status.yml first'

/** Pure: problems in the state of the pair that prevent growing. `mayCopy`: DRBD has already grown and may be copying the new space. */
export const pairProblems = (nodes: NamedNode[], mayCopy: boolean): string[] => {
  const active = nodes.filter(n => n.vip)
  const [one] = active
  if (nodes.length !== 2) return ['both nodes must be read']
  if (!one || active.length > 1) return [`the service is on ${one ? 'both nodes' : 'no node'}: ${look}`]
  return [
    ...maintenanceProblems(nodes),
    ...nodes.filter(n => n.heartbeat && !n.stable).map(n => `a hand-over is under way on ${n.host}`),
    ...nodes.flatMap(node => copyProblems(node, mayCopy)),
    ...(one.mounted && one.device?.role === 'Primary'
      ? []
      : [`the share is not mounted on ${one.host}, which has the virtual IP: ${look}`]),
  ]
}

/** It is copying or about to; an online verify does not count. */
export const isCopying = (device: DrbdDevice): boolean => isSyncing(device) && !device.connection.startsWith('Verify')

const copyProblems = ({ host, device, disk }: NamedNode, mayCopy: boolean): string[] => {
  if (!device) return [`DRBD has no device on ${host}. On ${host}: drbdadm adjust`]
  const seen = describeDevice(device)
  if (device.connection === 'StandAlone') return [`DRBD is StandAlone on ${host} (${seen}): perhaps a split brain: split-brain.yml`]
  if (device.flags.startsWith('s')) return [`DRBD has suspended I/O on ${host} (${seen}): ${look}`]
  if (mayCopy && isCopying(device)) return []
  if (isSyncing(device)) return [`DRBD is busy on ${host} (${seen}): run it again when both copies are UpToDate`]
  if (device.disk === 'Diskless')
    return [`DRBD has no disk on ${host} (${seen}). On ${host}: drbdadm adjust; it looks for its metadata where ${disk} ended before`]
  return device.connection === 'Connected' && device.disk === 'UpToDate'
    ? []
    : [`DRBD on ${host} is ${seen}: both copies must be connected and UpToDate`]
}

/** Pure: problems that prevent growing the file system. */
export const fileSystemProblems = (nodes: NamedNode[], { drbd_device: device }: Vars): string[] => {
  const active = nodes.find(n => n.vip)
  if (!active) return []
  const { fileSystem: fs, host } = active
  if (!fs) return [`no ext4 was found on ${device} of ${host}`]
  return [
    ...(fs.errors || active.fileSystemErrors > 0
      ? [
          `the file system on ${device} has errors, so ext4 cannot grow it: it must be checked first while nothing serves it, by e2fsck on ${device}, never on the disk below it`,
        ]
      : []),
    ...(active.readOnly ? [`the share is mounted read-only on ${host}: ${look}`] : []),
  ]
}

/** Pure: a file system without the feature 64bit ends at 2^32 blocks. */
export const limitProblems = (nodes: NamedNode[], { device }: Sizes): string[] => {
  const fs = nodes.find(n => n.vip)?.fileSystem
  if (!fs || fs.wide || device.grown <= 2 ** 32 * fs.blockSize) return []
  return [
    `the file system lacks the 64bit feature and is limited to ${bytes(2 ** 32 * fs.blockSize)}: resize2fs -b adds it while nothing is mounted`,
  ]
}

/** Pure: problems with these sizes: one cannot be read, or something has shrunk. */
export const sizeProblems = ({ disks, device, fileSystem }: Sizes): string[] => {
  const unread = disks.filter(d => d.now === 0).map(d => `the size of ${d.disk} on ${d.host} cannot be read`)
  // The metadata takes up to one block less than `dataBytes` allows for.
  const shrunk = disks.filter(d => d.now > 0 && dataBytes(d.now) + 4096 < device.now)
  if (unread.length > 0) return unread
  return [
    ...shrunk.map(
      d =>
        `${d.disk} of ${d.host} has ${exactly(d.now)}, less than DRBD needs for ${exactly(device.now)}: it was shrunk, and DRBD's metadata is beyond its end. Restore its size before the node reboots`,
    ),
    ...(device.now > 0 && fileSystem.now > device.now
      ? [`the file system has ${exactly(fileSystem.now)}, more than the device below it, ${exactly(device.now)}`]
      : []),
  ]
}

/** Pure: volume sizes in the inventory that cannot be reached. */
export const volumeProblems = (nodes: NamedNode[], varsOf: (host: string) => Vars): string[] =>
  nodes.flatMap(({ host, volume }) => {
    const spec = varsOf(host).drbd_init_lvm
    if (!spec) return []
    if (!volume) return [`${host}: there is no volume ${spec.group}/${spec.volume} on ${spec.disk}`]
    const wanted = volumeTarget(spec.size, volume)
    if (wanted < volume.size)
      return [
        `${host}: drbd_init_lvm.size is ${spec.size}, and ${spec.group}/${spec.volume} has ${exactly(volume.size)}: a volume is never shrunk. Declare its present size, or more`,
      ]
    const lacking = wanted - volume.size - volume.free
    return lacking > 0
      ? [
          `${host}: ${spec.group}/${spec.volume} is to have ${exactly(wanted)}, but its group lacks ${bytes(lacking)}: enlarge ${spec.disk}, or add a disk (vgextend ${spec.group})`,
        ]
      : []
  })

/** Pure: the disk that was not enlarged, and by how much; undefined when neither or both were. */
export const oneSided = ({ disks, device }: Sizes): string | undefined => {
  const grown = disks.find(d => spareOf(d, device.now) > 0)
  const other = disks.find(d => spareOf(d, device.now) === 0)
  if (!grown || !other) return undefined
  return `the share cannot grow beyond the smaller disk, ${other.disk} of ${other.host}: it has ${exactly(other.grown)}, ${grown.disk} of ${grown.host} ${exactly(grown.grown)}. Enlarge it by ${bytes(grown.grown - other.grown)} (${grown.grown - other.grown} bytes), and run this again`
}
