import { word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const startVars = roleVars(['ha_start_'], {
  ha_start_alone: word
    .optional()
    .describe('`start.yml`: the node that may start alone although its copy may be the older one; the other node is gone for good'),
})
