import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const growVars = roleVars(['drbd_grow_'], {
  drbd_grow_assume_clean: z
    .boolean()
    .default(false)
    .describe(
      '`grow.yml`: treat the new space as identical on both disks and do not copy it, so that the standby stays a full copy; `verify.yml` may then find differences where nothing was ever written',
    ),
})
