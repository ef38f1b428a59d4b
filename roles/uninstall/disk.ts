import type { Judgement } from '../../lib/role-api/index.ts'
import { blocksOf, judgeDisk, minorOf, parseJudgement, quote } from '../../lib/role-api/index.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { hasDisk, withDrbd } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'

/**
 * Shell that examines the present content of the disk below DRBD, whoever it belongs to. If the disk is attached, DRBD is queried;
 * otherwise the disk is read until something is found.
 */
export const diskScript = (vars: Vars): string => {
  const minor = minorOf(vars.drbd_device)
  const disk = quote(backingDisk(vars))
  return withDrbd(
    vars,
    `${judgeDisk}
echo @disk
if ${hasDisk(minor)}; then
  IFS=:; set -- $(drbdsetup get-gi ${minor}); IFS=' '; read -r z < /sys/dev/block/147:${minor}/size
  echo device ${disk}; echo "drbd v08 uuids=$1:$2:$3:$4 flags=0 stamp= sectors=$z"
else judge_disk ${disk} 2>/dev/null; fi
echo @judged; echo yes`,
  )
}

/** Pure. Undefined when the output is incomplete. */
export const parseDisk = (stdout: string): Judgement | undefined => {
  const { disk, judged } = blocksOf(stdout)
  return disk !== undefined && judged?.trim() === 'yes' ? parseJudgement(disk) : undefined
}
