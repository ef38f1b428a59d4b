import * as z from 'zod'
import { absolutePath, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const splitBrainVars = roleVars(['drbd_victim'], {
  drbd_victim: word.optional().describe('`split-brain.yml`: the node whose changes since the split are discarded'),
  drbd_victim_keep: z
    .union([z.literal('snapshot'), absolutePath])
    .optional()
    .describe(
      "`split-brain.yml`: save the victim's files first: a path on that node, to which all files are copied, or `snapshot` for a snapshot of its logical volume",
    ),
})
