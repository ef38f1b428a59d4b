import * as z from 'zod'
import { absolutePath } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const clientVars = roleVars(['client_'], {
  client_mount: absolutePath.default('/data').describe('where the client mounts the share'),
  client_options: z
    .string()
    .regex(/^[\w,=.]+$/)
    .default('noatime,nodiratime')
    .describe('mount options of the client'),
})
