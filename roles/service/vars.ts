import * as z from 'zod'
import { nearestPlatforms } from '../../lib/role-api/index.ts'
import { cidr, ip, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

/** What describes the pair and its service, and belongs to no single role. */
export const serviceVars = roleVars(['node_', 'ha_', 'accept_client_break', 'accept_untested_platform'], {
  node_name: word.describe('host name of the node: what `uname -n` says and the cluster calls it'),
  node_service_ip: ip.describe('address on the service network'),
  node_service_nic: word.default('em1').describe('NIC of the service network; carries the virtual IP'),
  node_heartbeat_ip: ip.describe('address on the heartbeat link'),
  node_heartbeat_nic: word.default('em2').describe('NIC of the heartbeat link'),
  node_drbd_ip: ip.describe('address on the replication link'),
  node_drbd_nic: word.default('em3').describe('NIC of the replication link'),
  ha_vip: cidr.describe('virtual IP with its prefix length; what the clients mount'),
  ha_stack: z
    .enum(['lean', 'article'])
    .default('lean')
    .describe('`article` generates the configuration of the article that this was made after, to compare with: docs/article.md'),
  ha_stage: z.enum(['full', 'vip']).default('full').describe('`vip` lets heartbeat manage the address alone, as the article does first'),
  ha_boot_start: z
    .boolean()
    .default(false)
    .describe('whether the boot starts heartbeat; else the operator does, after a look at why the node went down'),
  ha_damping: z
    .number()
    .int()
    .min(0)
    .default(300)
    .describe('seconds in which a broken service is handed over once at most; a second time it is started again where it is'),
  ha_space_limit: z
    .number()
    .int()
    .min(1)
    .max(99)
    .default(90)
    .describe('used space and used inodes, in percent, above which `drift` and `status.yml` name a file system'),
  accept_client_break: z
    .boolean()
    .default(false)
    .describe(
      'yes lets a run change what mounted clients rely on: fsid, path, squashing, anonymous user, ro or rw, security flavour, server scope, NFS version 3, virtual IP; given by `-e`, once',
    ),
  accept_untested_platform: z
    .enum(nearestPlatforms)
    .optional()
    .describe('plays a system that is not supported as this one; every recap names it: docs/platforms.md'),
  ha_clients: word.default('clients').describe('inventory group of the clients that are verified'),
})
