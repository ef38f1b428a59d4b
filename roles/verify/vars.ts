import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const verifyVars = roleVars(['drbd_verify_'], {
  drbd_verify_rate: z
    .string()
    .regex(/^\d+[kMG]?$/)
    .optional()
    .describe('`verify.yml`: limit for the comparison, in bytes per second; default `drbd_resync_max`; it gives way to the clients'),
  drbd_verify_repair: z
    .boolean()
    .default(false)
    .describe('`verify.yml`: copy blocks that differ from the active node; otherwise they are only reported'),
})
