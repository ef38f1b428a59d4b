import type { Vars } from '../../vars.ts'

/** The disk below DRBD: a volume when one is asked for. */
export const backingDisk = (vars: Vars): string =>
  vars.drbd_init_lvm ? `/dev/${vars.drbd_init_lvm.group}/${vars.drbd_init_lvm.volume}` : vars.drbd_disk
