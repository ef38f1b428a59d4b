import type { Ext4Size, Member, Probe, Reading } from '../../lib/role-api/index.ts'
import { blocksOf, notRead, parseExt4Size, present, quote, statesOf, superblockOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'
import type { Vars } from '../vars.ts'

/** Size of a logical volume and what it can grow by, in bytes. */
export interface Volume {
  size: number
  extent: number
  /** Space that its group can give it, after the physical volume of `drbd_init_lvm` has been grown to the size of its disk. */
  free: number
  /** Whether that physical volume is smaller than its disk. */
  diskHasGrown: boolean
}

/** Sizes of all layers below the share on one node, in bytes. */
export interface NodeSizes {
  /** The configured disk below DRBD, and its size; 0 when that cannot be read. */
  disk: string
  diskSize: number
  /** The replicated device; 0 when this node has no disk attached. */
  deviceSize: number
  /** Only if `drbd_init_lvm` is set and the volume exists. */
  volume: Volume | undefined
  /** Read on the Primary. */
  fileSystem: Ext4Size | undefined
}

export type NamedSizes = NodeSizes & { host: string }
/** The sizes together with the state of the service. */
export type NodeState = ServiceState & NodeSizes
export type NamedNode = NodeState & { host: string }

export const nodesOf = (members: Member<NodeState>[]): NamedNode[] => statesOf(members)

const bytesOf = '--noheadings --units b --nosuffix --separator :'

const sizesScript = (vars: Vars): string => {
  const volume = vars.drbd_init_lvm
  const name = vars.drbd_device.replace(/.*\//, '')
  const lvm = volume
    ? `lvs ${bytesOf} -o lv_size,vg_extent_size,vg_free ${quote(`${volume.group}/${volume.volume}`)} 2>/dev/null && pvs ${bytesOf} -o pv_size,dev_size,pe_start ${quote(volume.disk)} 2>/dev/null`
    : ':'
  return `echo "@disk-size"; blockdev --getsize64 ${quote(backingDisk(vars))} 2>/dev/null
echo "@device-size"; s=0; { read -r s < /sys/block/${name}/size; } 2>/dev/null; echo "\${s:-0}"
echo "@volume"; ${lvm}
echo "@super"; ${superblockOf(vars.drbd_device)}
echo "@sizes-end"`
}

/** Pure: the two lines of lvs(8) and pvs(8), `size:extent:free` and `size:disk:start`. */
export const parseVolume = (text: string): Volume | undefined => {
  const [[size = 0, extent = 0, groupFree = 0] = [], [physical = 0, disk = 0, start = 0] = []] = text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => line.trim().split(':').map(Number))
  if (![size, extent, groupFree, physical, disk, start].every(Number.isFinite) || size === 0 || extent === 0 || physical === 0)
    return undefined
  const more = Math.max(0, Math.floor((disk - start - physical) / extent)) * extent
  return { size, extent, free: groupFree + more, diskHasGrown: more > 0 }
}

/** Pure. Undefined when the output is incomplete. */
const parseSizes = (stdout: string, vars: Vars): NodeSizes | undefined => {
  const blocks = blocksOf(stdout)
  if (blocks['sizes-end'] === undefined) return undefined
  return {
    disk: backingDisk(vars),
    diskSize: Number(blocks['disk-size']) || 0,
    deviceSize: (Number(blocks['device-size']) || 0) * 512,
    volume: parseVolume(blocks.volume ?? ''),
    fileSystem: parseExt4Size(blocks.super ?? ''),
  }
}

const unread = notRead('incomplete output')

export const sizesProbe = ({ vars }: Context): Probe<NodeSizes> => ({
  sh: sizesScript(vars),
  parse({ stdout }): Reading<NodeSizes> {
    const sizes = parseSizes(stdout, vars)
    return sizes ? present(sizes) : unread
  },
})

export const nodeProbe = (context: Context): Probe<NodeState> => {
  const { vars } = context
  const service = serviceProbe(context)
  return {
    sh: `${service.sh}\n${sizesScript(vars)}`,
    timeout: 60_000,
    parse(output): Reading<NodeState> {
      const reading = service.parse(output)
      const sizes = parseSizes(output.stdout, vars)
      if (reading.kind !== 'present') return reading
      return sizes ? present({ ...reading.state, ...sizes }) : unread
    },
  }
}
