import { quote } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'

/** The disk below DRBD: the logical volume if `drbd_init_lvm` is set. */
export const backingDisk = (vars: Vars): string =>
  vars.drbd_init_lvm ? `/dev/${vars.drbd_init_lvm.group}/${vars.drbd_init_lvm.volume}` : vars.drbd_disk

/**
 * Shell that prints the disk that DRBD has attached, under the name with which it was attached; nothing when there is none. Needs DRBD's
 * programs in PATH.
 */
export const attachedDisk = ({ drbd_resource: resource }: Pick<Vars, 'drbd_resource'>): string =>
  `drbdsetup show ${resource} 2>/dev/null | sed -n 's/^ *disk[[:space:]]*"\\(.*\\)";$/\\1/p'`

/** Shell that succeeds when the attached disk is the declared one, whatever its name. */
export const hasDeclaredAttached = (vars: Vars): string =>
  `{ a=$(${attachedDisk(vars)}) && [ -n "$a" ] && a=$(stat -Lc %t:%T "$a" 2>/dev/null) && [ "$a" = "$(stat -Lc %t:%T ${quote(backingDisk(vars))} 2>/dev/null)" ]; }`
