import * as z from 'zod'
import { absolutePath, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const splitBrainVars = roleVars(['drbd_victim'], {
  drbd_victim: word.optional().describe('`split-brain.yml`: the node whose changes since the split are thrown away'),
  drbd_victim_keep: z
    .union([z.literal('snapshot'), absolutePath])
    .optional()
    .describe(
      '`split-brain.yml`: keeps what is on the victim before it is thrown away: a path on that node, which all files are copied to, or `snapshot`, of its logical volume',
    ),
})
