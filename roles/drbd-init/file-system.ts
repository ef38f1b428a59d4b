import type { ClusterResource, Platform } from '../../lib/role-api/index.ts'
import {
  differsBy,
  failedScript,
  inSync,
  minorOf,
  notBlank,
  notRead,
  parseProcDrbd,
  present,
  probeOf,
  refused,
  reporting,
  skip,
  statesOf,
  unknown,
} from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { withDrbd } from '../service/drbd/tools.ts'
import { squashesRoot } from '../service/nfs/exports.ts'
import { procDrbd, superblockOn } from '../service/sources.ts'
import type { Vars } from '../vars.ts'
import { hasNoPlace, makeStateVolume } from './state-volume.ts'

interface FileSystem {
  /** `ext4`, a description of something else, or '' when the place of the superblock is zero */
  type: string
  /** ext4: checks by mount count or interval (tune2fs) are on; they would run during a failover */
  checks: boolean
  upToDate: boolean
  role: string
}

const bytesPerInode = { normal: 16384, small: 8192, tiny: 4096 }

/** mkfs.ext4(8): everything is initialised now and not by the first mount, which would be during a takeover. */
export const mkfsOptions = (vars: Vars, platform: Platform): string =>
  `-q -F -b 4096 -i ${bytesPerInode[vars.drbd_init_files]} ${platform.ext4Options}`

/**
 * The file system on the replicated device. Its superblock is read from the backing disk, which also works on a Secondary (internal
 * metadata is at the end, so the file system begins where the disk does). Created only on a blank device, by a node that becomes Primary
 * for it and is Secondary again afterwards.
 */
export const fileSystem = ({ vars, cluster, platform }: Context): ClusterResource<FileSystem> => {
  const disk = backingDisk(vars)
  const minor = minorOf(vars.drbd_device)
  return {
    scope: 'cluster',
    id: `file system on ${vars.drbd_device}`,
    probe: probeOf([procDrbd, '@super\n', superblockOn(disk)], ({ stdout }) => {
      const [drbd = '', superblock = ''] = stdout.split('@super\n')
      const device = parseProcDrbd(drbd).devices.find(d => d.minor === minor)
      if (!device) return unknown(`DRBD resource ${vars.drbd_resource}`)
      const bytes = Buffer.from(superblock.replace(/\s+/g, ''), 'hex')
      if (bytes.length < 128) return notRead(`${disk} cannot be read`)
      return present({ ...parseSuperblock(bytes), upToDate: device.disk === 'UpToDate', role: device.role })
    }),
    compare(members) {
      const good = statesOf(members).filter(m => m.upToDate)
      const [one] = good
      if (!one) return unknown('a node that is UpToDate')
      if (one.type === '') return differsBy([{ attribute: 'type', from: 'none, the device is blank', to: 'ext4' }])
      if (one.type !== 'ext4') return refused(`${vars.drbd_device} holds ${one.type}: it is left unchanged`)
      if (!one.checks) return inSync
      // No node is promoted for this: that would start a new data generation.
      if (!statesOf(members).some(m => m.role === 'Primary'))
        return skip('checks by mount count or time are on; they are switched off when a node serves')
      return differsBy([{ attribute: 'checks by mount count or time', from: 'on', to: 'off' }])
    },
    async apply(nodes, changes, members) {
      const states = statesOf(members)
      const primary = states.find(s => s.role === 'Primary')?.host
      const host = primary ?? vars.drbd_init_primary ?? cluster.nodes[0]?.name ?? ''
      const make = changes[0]?.attribute === 'type'
      const script = make
        ? `set -eu
${notBlank}
grep -qE '^ *${minor}: cs:(Connected|Sync|PausedSync).* ro:(Primary|Secondary)/Secondary' /proc/drbd || { echo "DRBD is not connected, or the other node is Primary" >&2; exit 1; }
# It is still Primary after an interrupted first synchronisation. This fails if the device is in use.
drbdadm secondary ${vars.drbd_resource}
drbdadm primary ${vars.drbd_resource}
trap 'udevadm settle 2>/dev/null || :; drbdadm secondary ${vars.drbd_resource}' EXIT
${makeScript(vars, platform)}
`
        : `tune2fs -c 0 -i 0 ${vars.drbd_device}`
      nodes.progress({ text: `${make ? 'mkfs.ext4' : 'tune2fs'} on ${host}` })
      const result = await nodes
        .on(host)
        .connection.run(withDrbd(vars, script), { timeout: 3_600_000, onStderr: reporting(nodes.progress) })
      if (result.code !== 0) throw failedScript(`the file system on ${vars.drbd_device}`, result)
    },
  }
}

/** The first 128 bytes of ext4's superblock, which lies 1024 bytes into the device (linux/fs/ext4/ext4.h, struct ext4_super_block). */
export const parseSuperblock = (bytes: Buffer): Pick<FileSystem, 'type' | 'checks'> => {
  if (bytes.every(b => b === 0)) return { type: '', checks: false }
  if (bytes.readUInt16LE(0x38) !== 0xef53) return { type: 'something that is not ext4', checks: false }
  const usesExtents = (bytes.readUInt32LE(0x60) & 0x40) !== 0
  return { type: usesExtents ? 'ext4' : 'an older ext file system', checks: bytes.readInt16LE(0x36) > 0 || bytes.readUInt32LE(0x44) > 0 }
}

const makeScript = (vars: Vars, platform: Platform): string => `r=$(not_blank ${vars.drbd_device})
if [ -n "$r" ]; then echo "${vars.drbd_device} is not blank: $r" >&2; exit 1; fi
mkfs.ext4 ${mkfsOptions(vars, platform)} ${vars.drbd_device}
tune2fs -c 0 -i 0 ${vars.drbd_device} >/dev/null
${vars.ha_stack === 'lean' ? furnished(vars) : ''}`

/** Shell that prepares the new file system before it is used: the state volume and the permissions of its root. */
const furnished = (vars: Vars): string => `${makeStateVolume(vars)}
m=$(mktemp -d /run/nfsha.XXXXXX)
mount -t ext4 -o noatime,nodev,nosuid ${vars.drbd_device} "$m"
if ${hasNoPlace} || make_state_volume "$m"; then made=yes; else made=''; fi
${squashesRoot(vars) ? 'chmod 1777 "$m"' : ''}
umount "$m"
rmdir "$m"
[ -n "$made" ]`
