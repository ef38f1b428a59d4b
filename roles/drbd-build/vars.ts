import * as z from 'zod'
import { absolutePath } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'
import { archiveProblems, SourceArchive } from './archives.ts'

export const drbdBuildVars = roleVars(['drbd_build_'], {
  drbd_build_method: z
    .enum(['package', 'source'])
    .default('package')
    .describe("where module and utilities come from: the system's packages, or `drbd_build_archives`: docs/drbd-source.md"),
  drbd_build_archives: z
    .array(SourceArchive)
    .default([])
    .describe(
      'what is built: a list of kind (`combined`, or `kernel` and `utilities`), source (URL, or path on the control machine), sha256 and, if you like, signature',
    ),
  drbd_build_keyring: absolutePath
    .optional()
    .describe('keyring on the control machine, for gpgv, with the keys that signatures must be of'),
  drbd_build_prefix: absolutePath
    .refine(path => !/^\/(usr(\/local)?|opt|var|etc|s?bin|lib)?$/.test(path), 'must be a directory of its own, such as /usr/local/drbd')
    .default('/usr/local/drbd')
    .describe('where a build is installed; its configuration is below it, in etc/drbd.d'),
  drbd_build_kernel_tree: absolutePath
    .optional()
    .describe('headers that the module is built against (KDIR); default those of each kernel, which are installed'),
  drbd_build_on: z
    .enum(['each', 'first'])
    .default('each')
    .describe('`first` compiles on the first node and gives the other what it built, when both run one kernel'),
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
