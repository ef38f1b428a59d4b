import * as z from 'zod'
import { absolutePath, cidr } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const nfsVars = roleVars(['nfs_'], {
  nfs_export_path: absolutePath.default('/data').describe('where the replicated file system is mounted and what is exported'),
  nfs_export_network: cidr.describe('clients that may mount it'),
  nfs_export_options: z
    .string()
    .regex(/^[\w,=]+$/)
    .optional()
    .describe(
      'exports(5) options; fsid is added. Default `rw,sync,root_squash,no_subtree_check`; with `ha_stack: article` no_root_squash, as there',
    ),
  nfs_fsid: z
    .number()
    .int()
    .min(1)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('file system id, the same on both nodes: clients keep it in their file handles'),
  // The kernel cuts what is more (linux/fs/nfsd/nfsd.h, NFSD_MAXSERVS).
  nfs_threads: z.number().int().min(1).max(8192).default(8).describe('nfsd threads'),
  nfs_lease: z
    .number()
    .int()
    .min(10)
    .max(3600)
    .default(10)
    .describe(
      "NFSv4 lease and grace time in seconds; 10 is the least the kernel takes. The article's stack ignores it: it has the 90 of the kernel",
    ),
  nfs_v3: z
    .boolean()
    .default(false)
    .describe(
      "serves version 3 too, on fixed ports, with its locks known to both nodes: docs/failover.md; the article's stack serves it anyway, there it fixes the ports",
    ),
})
