import type { Judgement, Probe } from '../../../lib/role-api/index.ts'
import { blocksOf, judgeDisk, minorOf, parseJudgement, present, quote, unknown } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { servedMarker } from '../paths.ts'
import { backingDisk, hasDeclaredAttached } from './disk.ts'
import { hasDisk, withDrbd } from './tools.ts'

/**
 * Which metadata on the disk is this node's: the stamp that `create-md` gave it, or the word of an adoption. Whoever reinstalls the node loses
 * it, and is asked what the disk is.
 */
export const replicaRecord = '/var/lib/nfsha-play/replica'

/** What one node knows of the disk below DRBD. */
export interface Replica {
  /** The disk as it is configured; what was judged is `judgement.device`. */
  disk: string
  /** This node has been part of a cluster that serves. */
  served: boolean
  /** The stamp of the metadata that this node made or adopted; '' when it made none. */
  stamp: string
  /** DRBD has it in the kernel, with a disk: with this one, where another is to take its place. */
  attached: boolean
  /** `drbd_init_lvm`, and there is no such volume yet: the disks of its group, empty when there is no group. */
  group?: string[]
  judgement: Judgement
}

/**
 * Reads only. The disk of a replica that this node knows is not read: when DRBD has it, DRBD is asked (a process on an emulated machine costs less than
 * perl does), else its superblock. Any other is judged as docs/disks.md says.
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
