import * as z from 'zod'
import { diskWords } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const uninstallVars = roleVars(['uninstall_', 'drbd_wipe'], {
  uninstall_confirm: z
    .string()
    .optional()
    .describe('`uninstall.yml`: the virtual IP of the pair to remove, as a confirmation; not needed with `--check`'),
  uninstall_without: z
    .string()
    .optional()
    .describe('`uninstall.yml`: the inventory name of a node that is lost for good: the pair is removed from the other node alone'),
  uninstall_packages: z
    .boolean()
    .default(false)
    .describe('`uninstall.yml`: also remove the packages that were held, unless something else on the node uses them'),
  drbd_wipe: diskWords('[0-9A-Fa-f]{16}')
    .optional()
    .describe(
      '`uninstall.yml`: disks to fill with zeros: `M1:/dev/vdb:` and the current UUID of its DRBD metadata, which the run shows; separate several with commas',
    ),
})
