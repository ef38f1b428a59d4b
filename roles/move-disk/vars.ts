import { word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const moveDiskVars = roleVars(['ha_move_disk'], {
  ha_move_disk: word
    .optional()
    .describe(
      '`move-disk.yml`: the node whose replica moves to another disk; `drbd_disk` (or `drbd_init_lvm`) of that node already names the new disk, and the other node is active',
    ),
})
