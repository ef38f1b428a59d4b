import * as z from 'zod'
import { absolutePath, cidr } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

export const nfsVars = roleVars(['nfs_'], {
  nfs_export_path: absolutePath.default('/data').describe('where the replicated file system is mounted; this directory is exported'),
  nfs_export_network: cidr.describe('network of the clients that may mount it'),
  nfs_export_options: z
    .string()
    .regex(/^[\w,=]+$/)
    .optional()
    .describe(
      'exports(5) options; fsid is added. Default `rw,sync,root_squash,no_subtree_check`; with `ha_stack: article` no_root_squash, as in the reference setup',
    ),
  nfs_fsid: z
    .number()
    .int()
    .min(1)
    .max(2 ** 32 - 1)
    .default(1)
    .describe("file system ID, the same on both nodes: it is part of the clients' file handles"),
  // The kernel limits the number to this (linux/fs/nfsd/nfsd.h, NFSD_MAXSERVS).
  nfs_threads: z.number().int().min(1).max(8192).default(8).describe('number of nfsd threads'),
  nfs_lease: z
    .number()
    .int()
    .min(10)
    .max(3600)
    .default(10)
    .describe(
      "NFSv4 lease and grace time in seconds; 10 is the kernel's minimum. With `ha_stack: article` it is ignored, and the kernel's default of 90 applies",
    ),
  nfs_v3: z
    .boolean()
    .default(false)
    .describe(
      'also serve NFS version 3, on fixed ports, with locks that survive a failover: docs/failover.md; `ha_stack: article` always serves version 3, and there this only fixes the ports',
    ),
})
