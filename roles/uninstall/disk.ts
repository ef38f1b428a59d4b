import type { Judgement } from '../../lib/role-api/index.ts'
import { blocksOf, judgeDisk, minorOf, parseJudgement, quote } from '../../lib/role-api/index.ts'
import { backingDisk } from '../service/drbd/disk.ts'
import { hasDisk, withDrbd } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'

/** What is on the disk below DRBD now. While DRBD has it, DRBD is asked; else it is read, until something is found. Whose it is does not matter here. */
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

/** Pure. Undefined when it was not read to the end. */
export const parseDisk = (stdout: string): Judgement | undefined => {
  const { disk, judged } = blocksOf(stdout)
  return disk !== undefined && judged?.trim() === 'yes' ? parseJudgement(disk) : undefined
}
