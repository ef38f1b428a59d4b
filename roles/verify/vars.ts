import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const verifyVars = roleVars(['drbd_verify_'], {
  drbd_verify_rate: z
    .string()
    .regex(/^\d+[kMG]?$/)
    .optional()
    .describe('`verify.yml`: most that the comparison may read, bytes a second; default `drbd_resync_max`, beside the work of the clients'),
  drbd_verify_repair: z
    .boolean()
    .default(false)
    .describe('`verify.yml`: whether blocks that differ are copied from the node that serves; else they are only named'),
})
