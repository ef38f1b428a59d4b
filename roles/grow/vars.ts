import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const growVars = roleVars(['drbd_grow_'], {
  drbd_grow_assume_clean: z
    .boolean()
    .default(false)
    .describe(
      '`grow.yml`: whether the new space is taken to be the same on both disks and not copied, so that the standby stays a full copy; `verify.yml` may then find differences in it where nothing was ever written',
    ),
})
