import { normalize } from 'node:path/posix'
import { z } from 'zod'
import { archiveProblems, SourceArchive } from './drbd-build/archives.ts'
import { DrbdSecret, HeartbeatSecret } from './secrets.ts'

const ip = z.ipv4()
const cidr = z.cidrv4()
/** A bare word: safe as a file name, in YAML, in the configuration files that we write. */
const word = z.string().regex(/^[A-Za-z0-9][\w.-]*$/)
/** One spelling for each path: paths are compared with what the kernel shows, and stand in files where other characters need quoting. */
const pathProblem = (path: string): string | undefined => {
  if (!path.startsWith('/')) return 'must be an absolute path'
  if (!/^[\w./-]*$/.test(path)) return 'may have letters, digits and . _ - / only'
  const plain = normalize(path).replace(/(.)\/+$/, '$1')
  return plain === path ? undefined : `must be a plain path: ${plain}`
}
const absolutePath = z.string().superRefine((path, context) => {
  const message = pathProblem(path)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})
/** 20 bits are what a minor number has (linux/kdev_t.h). */
const isDrbdDevice = (path: string): boolean => /^\/dev\/drbd(0|[1-9]\d*)$/.test(path) && Number(path.slice(9)) < 2 ** 20
/** heartbeat's own notation: seconds, or milliseconds with `ms` (ha.cf). */
const heartbeatTime = z.union([z.number().positive(), z.string().regex(/^[1-9]\d*(ms)?$/)]).transform(String)
/** A repository of packages; what is signed with no key that we were told is not installed. */
const strictRepository = z.strictObject({ name: word, url: z.url(), key: z.url() })
/** One disk of one node and what is on it, several with commas between: a word that holds for nothing else. */
const diskWords = (id: string) => z.string().regex(new RegExp(`^[\\w.-]+:/[\\w./-]+:${id}(,[\\w.-]+:/[\\w./-]+:${id})*$`))

/** Milliseconds of heartbeat's notation: `2` is 2000, `250ms` is 250. */
export const milliseconds = (time: string): number => (time.endsWith('ms') ? Number.parseInt(time, 10) : Number(time) * 1000)

/**
 * Every variable there is, in one closed namespace: an unknown name under one of our prefixes is an error. Each has its default and its
 * meaning here and nowhere else; the documentation is made from it.
 */
const fields = z.object({
  node_name: word.describe('host name of the node: what `uname -n` says and the cluster calls it'),
  node_service_ip: ip.describe('address on the service network'),
  node_service_nic: word.default('em1').describe('NIC of the service network; carries the virtual IP'),
  node_heartbeat_ip: ip.describe('address on the heartbeat link'),
  node_heartbeat_nic: word.default('em2').describe('NIC of the heartbeat link'),
  node_drbd_ip: ip.describe('address on the replication link'),
  node_drbd_nic: word.default('em3').describe('NIC of the replication link'),

  base_clock_offset: z.number().positive().default(1).describe('largest difference of the two clocks, in seconds'),
  base_time_servers: z
    .array(ip)
    .default([])
    .describe('NTP servers for the nodes, by address; without any chrony keeps those that its package brings'),
  base_firewall: z
    .enum(['report', 'open'])
    .default('report')
    .describe(
      'what a firewall that drops or rejects anything does to a run: `report` ends it and names the ports, `open` adds rules (iptables, not kept over a boot)',
    ),

  base_yum_repositories: z
    .array(strictRepository)
    .default([])
    .describe('CentOS 6: where packages come from, now that its mirrors are gone: a list of name, url and key (URL of the signing key)'),

  heartbeat_ping: z
    .union([ip, z.array(ip).min(1).max(8)])
    .transform(value => [value].flat())
    .describe(
      'ping node: an address on the service network that is always up, the gateway as a rule; a list of several is better, one that answers is enough',
    ),
  heartbeat_without_ping: z
    .enum(['block', 'serve'])
    .default('block')
    .describe(
      'what the active node does when neither its peer nor any ping node answers: `block` suspends I/O until one does, `serve` goes on while its cable is in, at the risk of a split brain: docs/failover.md',
    ),
  heartbeat_secret: HeartbeatSecret.describe('key with which heartbeat signs its packets: 8 to 255 printable ASCII characters, no blanks'),
  heartbeat_keepalive: heartbeatTime.prefault('1').describe('time between two heartbeats, seconds or `250ms`'),
  heartbeat_warntime: heartbeatTime.prefault('4').describe('a late heartbeat is logged after this time'),
  heartbeat_deadtime: heartbeatTime.prefault('8').describe('a silent node is taken for dead after this time'),
  heartbeat_initdead: heartbeatTime.prefault('30').describe('the same at start, when the network may still be coming up'),
  heartbeat_udpport: z.number().int().min(1).max(65535).default(694).describe('UDP port'),
  heartbeat_mcast: ip.default('225.0.0.192').describe('multicast group on the heartbeat link'),
  heartbeat_auto_failback: z
    .boolean()
    .default(false)
    .describe(
      'whether the service goes back to the first node when that comes back; off, for that is one more wait of all clients, for a node that has just failed',
    ),

  drbd_resource: word.default('drbd').describe('name of the DRBD resource'),
  drbd_device: z
    .string()
    .refine(isDrbdDevice, 'must be /dev/drbd0, /dev/drbd1, ...: the number is what DRBD knows the device by')
    .default('/dev/drbd0')
    .describe('the replicated device'),
  drbd_disk: absolutePath.describe('backing disk, on both nodes; it must be blank before the first run'),
  drbd_adopt: diskWords('[0-9A-Fa-f]{16}')
    .optional()
    .describe(
      'metadata of DRBD that is on a disk already, and is to be the replica of this pair: `M2:/dev/vdb:` and its current UUID, which the refusal names; given by `-e`, once: docs/disks.md',
    ),
  drbd_keep_data: diskWords('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
    .optional()
    .describe(
      'a file system on the disk of one node that the pair is to be built around: `M1:/dev/vdb:` and its UUID; given by `-e`, once: docs/disks.md',
    ),
  drbd_port: z.number().int().min(1).max(65535).default(7789).describe('TCP port of the replication'),
  drbd_secret: DrbdSecret.describe(
    'shared secret with which the nodes prove themselves to each other: 8 to 63 printable ASCII characters, no `"`, no `\\`',
  ),
  drbd_disk_flushes: z.boolean().default(true).describe('false only with a battery-backed write cache'),
  drbd_resync_max: z
    .string()
    .regex(/^\d+[kMG]?$/)
    .default('200M')
    .describe('most that a resync may take of the link, bytes a second'),

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

  drbd_init_primary: word
    .optional()
    .describe('inventory name of the node whose (blank) disk the first synchronisation starts from; default the first'),
  drbd_init_wait: z
    .enum(['auto', 'sync', 'serve'])
    .default('auto')
    .describe('`sync` waits for the first synchronisation, `serve` goes on meanwhile, `auto` serves above 100 GiB'),
  drbd_init_files: z
    .enum(['normal', 'small', 'tiny'])
    .default('normal')
    .describe('inodes: one for each 16 KiB, 8 KiB (small) or 4 KiB (tiny: tens of millions of small files)'),
  drbd_init_lvm: z
    .strictObject({ group: word, volume: word, size: z.string().regex(/^(\d+[MGT]|100%FREE)$/), disk: absolutePath })
    .optional()
    .describe('volume to make on a blank disk first: group, volume, size, disk'),

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
  ha_clients: word.default('clients').describe('inventory group of the clients that are verified'),

  to: z.string().optional().describe('`switchover.yml`: the node that is to serve; default the one that does not'),
  ha_maintenance: word.optional().describe('`maintenance.yml`: the node to take out of service, or `none` to take all back in'),
  drbd_victim: word.optional().describe('`split-brain.yml`: the node whose changes since the split are thrown away'),

  failover_faults: z
    .string()
    .regex(/^[\w-]+(,[\w-]+)*$/)
    .default('all')
    .describe('`failover-test.yml`: which faults, with commas between: docs/failover.md; `all` is every one that can be made here'),
  failover_runs: z.number().int().min(1).max(1000).default(1).describe('`failover-test.yml`: how often each fault'),
  failover_random: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('`failover-test.yml`: instead of each in turn, so many faults chosen at random'),
  failover_surroundings: z
    .string()
    .regex(/^[a-z0-9-]+(,[a-z0-9-]+)*$/)
    .optional()
    .describe(
      '`failover-test.yml`: what is wrong around each fault, with commas between: docs/surroundings.md; `all` is every one that can be made here',
    ),
  failover_seed: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('`failover-test.yml`: the same seed chooses the same faults; default: a new one'),
  failover_report: z
    .string()
    .min(1)
    .default('failover')
    .describe('`failover-test.yml`: the report goes to this path with `.html` and `.json` behind it'),
  failover_beside: z.string().min(1).optional().describe('`failover-test.yml`: the .json of an earlier report, shown beside this one'),
  failover_dd: z
    .boolean()
    .default(false)
    .describe('`failover-test.yml`: the loop of the article writes 10 MiB files beside the other work; it slows that down'),
  failover_dead_client: ip
    .optional()
    .describe(
      '`failover-test.yml`: a free address of the service network, for a client that holds an open file and dies before each fault; with `failover_surroundings` only where that is the surrounding',
    ),
  confirm: z.string().optional().describe('`failover-test.yml`: on other machines than the lab, the virtual IP: its clients will suffer'),
  nfsha_lab: word.optional().describe('the lab whose machines these are: `nfsha-play lab up`'),

  client_mount: absolutePath.default('/data').describe('where the client mounts the share'),
  client_options: z
    .string()
    .regex(/^[\w,=.]+$/)
    .default('noatime,nodiratime')
    .describe('mount options of the client'),
})

export const Vars = fields.superRefine((vars, context) => {
  if (vars.drbd_build_method === 'source')
    for (const problem of archiveProblems(vars.drbd_build_archives, vars.drbd_build_keyring))
      context.addIssue({ code: 'custom', path: ['drbd_build_archives'], message: `drbd_build_archives ${problem}` })
})

export type Vars = z.infer<typeof Vars>

/** What a client of the inventory may set for itself; all else it has from its cluster. */
export const ClientVars = fields.pick({ client_mount: true, client_options: true })
