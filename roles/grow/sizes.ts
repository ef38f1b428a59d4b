import { blocksOn, bytes, volumeBytes } from '../../lib/role-api/index.ts'
import { dataBytes } from '../service/drbd/adoption.ts'
import type { Vars } from '../vars.ts'
import type { NamedSizes, Volume } from './state.ts'

/** Less than this is not growth: DRBD's metadata and whole blocks make sizes differ by some KiB. */
const least = 2 ** 20

/** `384 MiB (402653184 bytes)` */
export const exactly = (size: number): string => `${bytes(size)} (${size} bytes)`

/** The smaller of both nodes, or 0 when there are none. */
const smallest = (sizes: number[]): number => (sizes.length === 0 ? 0 : Math.min(...sizes))

/** Pure: bytes that `drbd_init_lvm.size` comes to on this node, in whole extents as lvcreate(8) and lvextend(8) round. */
export const volumeTarget = (wanted: string, { size, extent, free }: Volume): number => {
  const asked = volumeBytes(wanted)
  return asked === undefined ? size + free : Math.ceil(asked / extent) * extent
}

/** What there is and what there can be, in bytes. */
export interface Sizes {
  /** Each node's disk as it is now, and once its volume has the size of the inventory. */
  disks: { host: string; disk: string; now: number; grown: number }[]
  /** The replicated device. */
  device: { now: number; grown: number }
  /** `now`: 0 when it was not read. */
  fileSystem: { now: number; grown: number }
}

const diskGrown = ({ diskSize, volume }: NamedSizes, vars: Vars): number =>
  volume && vars.drbd_init_lvm ? Math.max(diskSize, volumeTarget(vars.drbd_init_lvm.size, volume)) : diskSize

/** Pure: DRBD takes what the smaller disk leaves for data, and nothing of less than a MiB; the file system takes all of that. */
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

/** Pure: whether a disk has room that DRBD does not use, by how much. */
export const spareOf = ({ grown }: Sizes['disks'][number], device: number): number => {
  const spare = dataBytes(grown) - device
  return spare < least ? 0 : spare
}

/** Pure: one line that says how things stand. */
export const summaryOf = (sizes: Sizes): string => {
  const { disks, device, fileSystem } = sizes
  if (device.grown > device.now) return `the share can grow by ${bytes(device.grown - device.now)}`
  if (fileSystem.grown > fileSystem.now) return `the file system can grow by ${bytes(fileSystem.grown - fileSystem.now)}`
  if (device.now === 0) return 'DRBD has no disk attached on one of the nodes'
  const [one] = disks.filter(d => spareOf(d, device.now) > 0)
  return one ? `only the disk of ${one.host} has room for more` : 'nothing has been enlarged'
}
