import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const switchoverVars = roleVars(['ha_switchover_'], {
  ha_switchover_to: z
    .string()
    .optional()
    .meta({ formerly: 'to' })
    .describe('`switchover.yml`: the node that is to serve; default the one that does not'),
})
