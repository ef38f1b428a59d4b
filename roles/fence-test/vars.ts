import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const fenceTestVars = roleVars(['fence_'], {
  fence_confirm: z
    .string()
    .optional()
    .describe('`fence-test.yml`: the virtual IP, as a confirmation: a node is reset without a clean shutdown'),
  fence_both: z
    .boolean()
    .default(false)
    .describe('`fence-test.yml`: also reset the active node, by the other node after a switchover; clients wait during the switchover'),
})
