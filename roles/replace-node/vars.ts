import { word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const replaceNodeVars = roleVars(['ha_replace'], {
  ha_replace: word
    .optional()
    .describe(
      '`replace-node.yml`: the node that is a new or reinstalled machine now; it is built and becomes a copy of the other, which serves',
    ),
})
