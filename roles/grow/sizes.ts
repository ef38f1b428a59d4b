import { blocksOn, bytes, volumeBytes } from '../../lib/role-api/index.ts'
import { dataBytes } from '../service/drbd/adoption.ts'
import type { Vars } from '../vars.ts'
import type { NamedSizes, Volume } from './state.ts'

/** Bytes. Smaller differences are not growth: DRBD's metadata and rounding to blocks make sizes differ by some KiB. */
const least = 2 ** 20

/** `384 MiB (402653184 bytes)` */
export const exactly = (size: number): string => `${bytes(size)} (${size} bytes)`

/** The smallest size, or 0 when there are none. */
const smallest = (sizes: number[]): number => (sizes.length === 0 ? 0 : Math.min(...sizes))

/** Pure: `drbd_init_lvm.size` on this node in bytes, rounded up to whole extents like lvcreate(8) and lvextend(8). */
export const volumeTarget = (wanted: string, { size, extent, free }: Volume): number => {
  const asked = volumeBytes(wanted)
  return asked === undefined ? size + free : Math.ceil(asked / extent) * extent
}

/** Current and possible sizes, in bytes. */
export interface Sizes {
  /** Each node's disk now, and after its volume has been extended to the size in the inventory. */
  disks: { host: string; disk: string; now: number; grown: number }[]
  /** The replicated device. */
  device: { now: number; grown: number }
  /** `now`: 0 when it was not read. */
  fileSystem: { now: number; grown: number }
}

const diskGrown = ({ diskSize, volume }: NamedSizes, vars: Vars): number =>
  volume && vars.drbd_init_lvm ? Math.max(diskSize, volumeTarget(vars.drbd_init_lvm.size, volume)) : diskSize

/** Pure: DRBD grows to the data size of the smaller disk if that is at least 1 MiB more; the file system grows to all of it. */
export const sizesOf = (nodes: NamedSizes[], varsOf: (host: string) => Vars): Sizes => {
  const disks = nodes.map(node => ({
    host: node.host,
    disk: node.disk,
    now: node.diskSize,
    grown: diskGrown(node, varsOf(node.host)),
  }))
  const now = smallest(nodes.map(n => n.deviceSize))
  const room = smallest(disks.map(d => dataBytes(d.grown)))
  const grown = room - now < least ? now : room
  const fs = nodes.find(n => n.fileSystem)?.fileSystem
  const covered = fs ? fs.blocks * fs.blockSize : 0
  return {
    disks,
    device: { now, grown },
    fileSystem: { now: covered, grown: fs ? Math.max(covered, blocksOn(fs, grown) * fs.blockSize) : 0 },
  }
}

/** Pure: bytes on a disk that DRBD does not use; 0 if less than 1 MiB. */
export const spareOf = ({ grown }: Sizes['disks'][number], device: number): number => {
  const spare = dataBytes(grown) - device
  return spare < least ? 0 : spare
}

/** Pure: a one-line summary. */
export const summaryOf = (sizes: Sizes): string => {
  const { disks, device, fileSystem } = sizes
  if (device.grown > device.now) return `the share can grow by ${bytes(device.grown - device.now)}`
  if (fileSystem.grown > fileSystem.now) return `the file system can grow by ${bytes(fileSystem.grown - fileSystem.now)}`
  if (device.now === 0) return 'DRBD has no disk attached on one of the nodes'
  const [one] = disks.filter(d => spareOf(d, device.now) > 0)
  return one ? `only the disk of ${one.host} has room for more` : 'nothing has been enlarged'
}
