import { word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const maintenanceVars = roleVars(['ha_maintenance'], {
  ha_maintenance: word.optional().describe('`maintenance.yml`: the node to take out of service, or `none` to return all nodes to service'),
})
