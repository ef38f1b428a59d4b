import { word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const forcePrimaryVars = roleVars(['drbd_survivor'], {
  drbd_survivor: word
    .optional()
    .describe('`force-primary.yml`: the node whose copy counts from now on, even if it is outdated; the other node is gone for good'),
})
