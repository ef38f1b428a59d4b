import * as z from 'zod'
import { diskWords } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const uninstallVars = roleVars(['uninstall_', 'drbd_wipe'], {
  uninstall_confirm: z
    .string()
    .optional()
    .describe('`uninstall.yml`: the virtual IP of the pair that is given up, as a confirmation; `--check` needs none'),
  uninstall_packages: z
    .boolean()
    .default(false)
    .describe('`uninstall.yml`: whether the packages that were held are removed too, those that nothing else on the node uses'),
  drbd_wipe: diskWords('[0-9A-Fa-f]{16}')
    .optional()
    .describe(
      '`uninstall.yml`: disks to fill with zeros: `M1:/dev/vdb:` and the current UUID of the metadata of DRBD on it, which the run shows; several with commas between',
    ),
})
