import * as z from 'zod'
import { nearestPlatforms } from '../../lib/role-api/index.ts'
import { cidr, ip, word } from '../field-types.ts'
import { roleVars } from '../role-vars.ts'

/** Variables that describe the pair and its service and belong to no single role. */
export const serviceVars = roleVars(['node_', 'ha_', 'accept_client_break', 'accept_untested_platform'], {
  node_name: word.describe('host name of the node: the output of `uname -n`, and its name in the cluster'),
  node_service_ip: ip.describe('address on the service network'),
  node_service_nic: word.default('em1').describe('NIC of the service network; carries the virtual IP'),
  node_heartbeat_ip: ip.describe('address on the heartbeat link'),
  node_heartbeat_nic: word.default('em2').describe('NIC of the heartbeat link'),
  node_drbd_ip: ip.describe('address on the replication link'),
  node_drbd_nic: word.default('em3').describe('NIC of the replication link'),
  ha_vip: cidr.describe('virtual IP with its prefix length; clients mount from it'),
  ha_stack: z
    .enum(['lean', 'article'])
    .default('lean')
    .describe('`article` generates the configuration of the reference setup, for comparison: docs/article.md'),
  ha_stage: z
    .enum(['full', 'vip'])
    .default('full')
    .describe('`vip` lets heartbeat manage only the virtual IP, the first stage of the reference setup'),
  ha_boot_start: z
    .boolean()
    .default(false)
    .describe('start heartbeat at boot; otherwise the operator starts it after finding out why the node went down'),
  ha_damping: z
    .number()
    .int()
    .min(0)
    .default(300)
    .describe('seconds within which a broken service is handed over at most once; if it breaks again, it is restarted on the same node'),
  ha_space_limit: z
    .number()
    .int()
    .min(1)
    .max(99)
    .default(90)
    .describe('used space or inodes, in percent, above which `drift` and `status.yml` report a file system'),
  accept_client_break: z
    .boolean()
    .default(false)
    .describe(
      'allow a run to change what mounted clients depend on: fsid, path, squashing, anonymous user, ro or rw, security flavour, server scope, NFS version 3, virtual IP; give it with `-e`, once',
    ),
  accept_untested_platform: z
    .enum(nearestPlatforms)
    .optional()
    .describe('treat an unsupported system as this supported one; every recap mentions it: docs/platforms.md'),
  ha_clients: word.default('clients').describe('inventory group of the clients on which a run verifies the service'),
})
