import { word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const replaceNodeVars = roleVars(['ha_replace'], {
  ha_replace: word
    .optional()
    .describe(
      '`replace-node.yml`: the node that is now a new or reinstalled machine; it is set up and becomes a copy of the other node, which is active',
    ),
})
