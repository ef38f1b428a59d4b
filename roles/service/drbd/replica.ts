import type { Judgement, Probe } from '../../../lib/role-api/index.ts'
import { blocksOf, judgeDisk, minorOf, parseJudgement, present, quote, unknown } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { servedMarker } from '../paths.ts'
import { backingDisk, hasDeclaredAttached } from './disk.ts'
import { hasDisk, withDrbd } from './tools.ts'

/**
 * The stamp of the metadata that this node created or adopted, which identifies its disk. A reinstallation loses this file, and the
 * operator must then confirm the disk.
 */
export const replicaRecord = '/var/lib/nfsha-play/replica'

/** What one node knows about the disk below DRBD. */
export interface Replica {
  /** The configured disk; the device that was examined is `judgement.device`. */
  disk: string
  /** This node has been part of a cluster in service. */
  served: boolean
  /** The stamp of the metadata that this node created or adopted; '' when there is none. */
  stamp: string
  /** The kernel has the DRBD device with a disk attached; while a disk is being moved, with the declared one. */
  attached: boolean
  /** Set if the volume of `drbd_init_lvm` does not exist yet: the disks of its group, empty when there is no group. */
  group?: string[]
  judgement: Judgement
}

/**
 * Reads only. A disk known to be this node's replica is not examined: if it is attached, DRBD is queried, which costs less than perl on an
 * emulated machine; otherwise its superblock is read. Any other disk is examined as described in docs/disks.md.
 */
export const replicaProbe = (vars: Vars): Probe<Replica> => {
  const disk = backingDisk(vars)
  const volume = vars.drbd_init_lvm
  const minor = minorOf(vars.drbd_device)
  return {
    timeout: 600_000,
    sh: withDrbd(
      vars,
      `command -v perl >/dev/null || exit 47
${judgeDisk}
d=${quote(disk)} served='' attached='' stamp=''
[ ! -e ${servedMarker} ] || served=yes
[ ! -r ${replicaRecord} ] || stamp=$(sed -n 's/^stamp=\\([0-9A-F]\\{16\\}\\)$/\\1/p' ${replicaRecord})
! ${hasDisk(minor)} || attached=yes
${vars.ha_move_disk === undefined ? '' : `${hasDeclaredAttached(vars)} || attached=''\n`}echo @node; echo "$served:$attached:$stamp"
${
  volume
    ? `if [ ! -b "$d" ]; then
  d=${quote(volume.disk)}; echo @group; echo yes
  for v in $(vgs --noheadings -o pv_name ${quote(volume.group)} 2>/dev/null); do readlink -f "$v"; done
fi
`
    : ''
}echo @disk
if [ -n "$served$stamp" ] && [ -n "$attached" ]; then
  IFS=:; set -- $(drbdsetup get-gi ${minor}); IFS=' '; read -r z < /sys/dev/block/147:${minor}/size
  echo "device $d"; echo "drbd v08 uuids=$1:$2:$3:$4 flags=0 stamp= sectors=$z"
elif [ -n "$attached" ]; then judge_disk "$d" data
else judge_disk "$d" fresh "stamp=$stamp"; fi; :`,
    ),
    parse({ code, stdout }) {
      if (code === 47) return unknown('perl')
      const { node = '', group, disk: text = '' } = blocksOf(stdout)
      const [served, attached, stamp = ''] = node.trim().split(':')
      return present({
        disk,
        served: served === 'yes',
        attached: attached === 'yes',
        stamp,
        ...(group !== undefined && { group: group.split('\n').filter(l => l.startsWith('/')) }),
        judgement: parseJudgement(text),
      })
    },
  }
}
