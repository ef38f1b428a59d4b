import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const fenceTestVars = roleVars(['fence_'], {
  fence_confirm: z.string().optional().describe('`fence-test.yml`: the virtual IP: a node is reset, without any orderly stop'),
  fence_both: z
    .boolean()
    .default(false)
    .describe(
      '`fence-test.yml`: whether the node that serves is reset too, by the other one after a switchover; clients wait for that switchover',
    ),
})
