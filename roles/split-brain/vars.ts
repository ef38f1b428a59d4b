import { word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const splitBrainVars = roleVars(['drbd_victim'], {
  drbd_victim: word.optional().describe('`split-brain.yml`: the node whose changes since the split are thrown away'),
})
