import * as z from 'zod'
import { absolutePath } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'
import { archiveProblems, SourceArchive } from './archives.ts'

export const drbdBuildVars = roleVars(['drbd_build_'], {
  drbd_build_method: z
    .enum(['package', 'source'])
    .default('package')
    .describe("source of the DRBD module and utilities: the system's packages, or `drbd_build_archives`: docs/drbd-source.md"),
  drbd_build_archives: z
    .array(SourceArchive)
    .default([])
    .describe(
      'what to build: a list of kind (`combined`, or `kernel` and `utilities`), source (URL, or path on the control machine), sha256 and, optionally, signature',
    ),
  drbd_build_keyring: absolutePath
    .optional()
    .describe('keyring on the control machine, for gpgv, with the keys that may sign the archives'),
  drbd_build_prefix: absolutePath
    .refine(path => !/^\/(usr(\/local)?|opt|var|etc|s?bin|lib)?$/.test(path), 'must be a directory of its own, such as /usr/local/drbd')
    .default('/usr/local/drbd')
    .describe('where the build is installed; its configuration is below it, in etc/drbd.d'),
  drbd_build_kernel_tree: absolutePath
    .optional()
    .describe('kernel headers to build the module against (KDIR); default: the headers of each kernel, which are installed'),
  drbd_build_on: z
    .enum(['each', 'first'])
    .default('each')
    .describe(
      '`each` compiles on each node; `first` compiles on the first node and copies the result to the other, if both run the same kernel',
    ),
})

/** The archives as a whole: module and utilities must each come from one of them. */
export const refuseArchives = (
  vars: { drbd_build_method: string; drbd_build_archives: SourceArchive[]; drbd_build_keyring?: string | undefined },
  context: z.RefinementCtx,
): void => {
  if (vars.drbd_build_method !== 'source') return
  for (const problem of archiveProblems(vars.drbd_build_archives, vars.drbd_build_keyring))
    context.addIssue({ code: 'custom', path: ['drbd_build_archives'], message: `drbd_build_archives ${problem}` })
}
