import * as z from 'zod'
import { absolutePath, diskWords, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'
import { DrbdSecret } from '../secrets.ts'

/** A minor number has 20 bits (linux/kdev_t.h). */
const isDrbdDevice = (path: string): boolean => /^\/dev\/drbd(0|[1-9]\d*)$/.test(path) && Number(path.slice(9)) < 2 ** 20

export const drbdInitVars = roleVars(['drbd_'], {
  drbd_resource: word.default('drbd').describe('name of the DRBD resource'),
  drbd_device: z
    .string()
    .refine(isDrbdDevice, 'must be /dev/drbd0, /dev/drbd1, ...: DRBD identifies the device by its number')
    .default('/dev/drbd0')
    .describe('the replicated device'),
  drbd_disk: absolutePath.describe('backing disk, on both nodes; it must be blank before the first run'),
  drbd_adopt: diskWords('[0-9A-Fa-f]{16}')
    .optional()
    .describe(
      'take existing DRBD metadata on a disk as the replica of this pair: `M2:/dev/vdb:` and its current UUID, which the refusal names; give it with `-e`, once: docs/disks.md',
    ),
  drbd_keep_data: diskWords('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
    .optional()
    .describe(
      "build the pair around the file system on one node's disk: `M1:/dev/vdb:` and its UUID; give it with `-e`, once: docs/disks.md",
    ),
  drbd_port: z.number().int().min(1).max(65535).default(7789).describe('TCP port of the replication'),
  drbd_secret: DrbdSecret.describe(
    'shared secret with which the nodes authenticate each other: 8 to 63 printable ASCII characters, no `"`, no `\\`',
  ),
  drbd_disk_flushes: z.boolean().default(true).describe('set to false only with a battery-backed write cache'),
  drbd_resync_max: z
    .string()
    .regex(/^\d+[kMG]?$/)
    .default('200M')
    .describe('limit for a resync, in bytes per second'),
  drbd_init_primary: word
    .optional()
    .describe('inventory name of the node whose (blank) disk is the source of the first synchronisation; default: the first node'),
  drbd_init_wait: z
    .enum(['auto', 'sync', 'serve'])
    .default('auto')
    .describe(
      '`sync` waits for the first synchronisation, `serve` goes on without waiting, `auto` waits up to 100 GiB and goes on above that',
    ),
  drbd_init_files: z
    .enum(['normal', 'small', 'tiny'])
    .default('normal')
    .describe('inode density: one inode per 16 KiB (normal), 8 KiB (small) or 4 KiB (tiny, for tens of millions of small files)'),
  drbd_init_lvm: z
    .strictObject({ group: word, volume: word, size: z.string().regex(/^(\d+[MGT]|100%FREE)$/), disk: absolutePath })
    .optional()
    .describe('logical volume to create on a blank disk first: group, volume, size, disk'),
})
