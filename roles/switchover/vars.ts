import * as z from 'zod'
import { roleVars } from '../role-vars.ts'

export const switchoverVars = roleVars(['ha_switchover_'], {
  ha_switchover_to: z
    .string()
    .optional()
    .meta({ formerly: 'to' })
    .describe('`switchover.yml`: the node to move the service to; default: the standby'),
})
