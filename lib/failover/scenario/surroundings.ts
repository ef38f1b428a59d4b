import type { Platform } from '../../platform/platform.ts'
import { quote } from '../../resources/quote.ts'
import { nicOf } from '../faults/guest-faults.ts'
import type { LabFault } from '../faults/lab-faults.ts'
import type { PairSettings } from '../testbed/settings.ts'
import type { EndState, Link } from './catalogue.ts'

/** The node that a part of a surrounding is set up on, by its role just before that. */
export type Place = 'active' | 'standby' | 'both' | 'client'

/** POSIX sh, run as root. */
export interface ShellPart {
  kind: 'shell'
  on: Place
  /** Must fail when it could not be set up. */
  make?(vars: PairSettings, platform: Platform): string
  /** Runs during the fault, in its own process group, until it is undone. */
  hold?(vars: PairSettings, platform: Platform): string
  /** Reverts it, also after a boot, and when only half of it was set up. Each line that it prints is a problem. */
  undo?(vars: PairSettings, platform: Platform): string
  /** It is on the share, which may have moved, so it is undone on both nodes. */
  isOnShare?: true
}

export type Part =
  | ShellPart
  /** Done to a machine of the lab from outside. */
  | { kind: 'outside'; on: 'active' | 'standby'; make: [LabFault, string]; undo: [LabFault, string] }
  /** A client with an open file and a lock no longer answers; the fault follows this many lease times later. */
  | { kind: 'lost-client'; leases: number }

/** A problem around a fault: set up before it, removed after it. Only a description: surround.ts sets it up. */
export interface Surrounding {
  name: string
  title: string
  parts: readonly Part[]
  /** status.yml or drift must report it before the fault, which may then take longer. */
  reported?: true
  /** A planned switchover may be refused before anything moves. */
  refused?: true
  /** Failed operations of clients that the surrounding itself causes. */
  tolerated?: RegExp
  /** End states of faults, by name, where they differ from the usual ones. */
  ends?: Partial<Record<string, EndState>>
}

const nodeName = { active: 'active node', standby: 'standby' }

/** Everything that a surrounding creates on a host has this name. */
const own = 'nfsha-surrounding'
const onShare = (vars: PairSettings): string => `${vars.nfs_export_path}/.${own}`

/** Fills a file system to its last block and keeps it full: freed space is used too. fallocate(1) writes no data. */
const fill = (directory: string) => ({
  make: () => `mkdir -p ${directory} || exit 1
n=0; for size in 1G 100M 10M 1M 64K 4K; do while fallocate -l $size ${directory}/$n 2>/dev/null; do n=$((n + 1)); done; rm -f ${directory}/$n; done
[ "$n" -gt 0 ]`,
  hold: () => `while sleep 0.5; do read -r up _ < /proc/uptime; fallocate -l 4K ${directory}/more.$up 2>/dev/null; done`,
  undo: () => `rm -rf ${directory}`,
})

const full = (name: string, title: string, directory: string, on: 'active' | 'standby'): Surrounding => ({
  name: `${name}-${on}`,
  title: `${title} of the ${nodeName[on]} full`,
  parts: [{ kind: 'shell', on, ...fill(directory) }],
  reported: true,
  ...(on === 'standby' && { refused: true }),
})

const linkNames: Record<Link, string> = { service: 'service', heartbeat: 'heartbeat', drbd: 'replication' }
const links = Object.keys(linkNames) as Link[]

const lossy = (link: Link): Surrounding => ({
  name: `loss-${link}`,
  title: `5% packet loss on the ${linkNames[link]} link`,
  parts: [
    {
      kind: 'shell',
      on: 'both',
      make: vars => `modprobe sch_netem && tc qdisc replace dev ${nicOf(vars, link)} root netem loss 5%`,
      undo: vars => `tc qdisc del dev ${nicOf(vars, link)} root 2>/dev/null; :`,
    },
  ],
})

const narrow = (link: Link): Surrounding => ({
  name: `mtu-${link}`,
  title: `MTU 600 on the ${linkNames[link]} link of the standby`,
  parts: [
    {
      kind: 'shell',
      on: 'standby',
      make: vars => `ip link set ${nicOf(vars, link)} mtu 600`,
      undo: vars => `ip link set ${nicOf(vars, link)} mtu 1500`,
    },
  ],
})

/** Sets the clock wrong and stops the time service that would correct it. A boot reads the hardware clock, which is right. */
const clock = (on: 'active' | 'standby', seconds: number): Surrounding => ({
  name: `clock-${on}`,
  title: `clock of the ${nodeName[on]} an hour ${seconds > 0 ? 'ahead' : 'behind'}`,
  parts: [
    {
      kind: 'shell',
      on,
      make: (_vars, { commands, services }) =>
        `${commands.stop(services.time).join(' ')} && : > /run/${own}.clock && date -s "@$(($(date +%s) + ${seconds}))" >/dev/null`,
      undo: (_vars, { commands, services }) =>
        `[ ! -e /run/${own}.clock ] || { rm -f /run/${own}.clock; date -s "@$(($(date +%s) - ${seconds}))" >/dev/null; }; ${commands.start(services.time).join(' ')}`,
    },
  ],
  reported: true,
})

const busy = (on: 'active' | 'standby'): Surrounding => ({
  name: `busy-${on}`,
  title: `two busy loops on the ${nodeName[on]}`,
  parts: [{ kind: 'shell', on, hold: () => '(while :; do :; done) & while :; do :; done' }],
})

const lostClient = (name: string, title: string, leases: number): Surrounding => ({ name, title, parts: [{ kind: 'lost-client', leases }] })

/** Keeps the active node's share busy: a switchover is refused, or the stop of the service ends it. */
const holder = (name: string, title: string, part: Pick<ShellPart, 'make' | 'hold' | 'undo'>): Surrounding => ({
  name,
  title,
  parts: [{ kind: 'shell', on: 'active', isOnShare: true, ...part }],
  reported: true,
  refused: true,
})

const names = 100_000

/** All surroundings. A test compares docs/surroundings.md with it. */
export const surroundings: readonly Surrounding[] = [
  full('root-full', 'root file system', `/var/.${own}`, 'standby'),
  full('root-full', 'root file system', `/var/.${own}`, 'active'),
  full('run-full', '/run', `/run/.${own}`, 'standby'),
  full('run-full', '/run', `/run/.${own}`, 'active'),
  {
    name: 'share-full',
    title: 'share full',
    parts: [
      {
        kind: 'shell',
        on: 'active',
        isOnShare: true,
        make: vars => fill(onShare(vars)).make(),
        hold: vars => fill(onShare(vars)).hold(),
        undo: vars => fill(onShare(vars)).undo(),
      },
    ],
    reported: true,
    tolerated: /No space left/,
  },
  {
    name: 'duplicate-vip',
    title: 'another machine has the virtual IP too',
    parts: [
      {
        kind: 'shell',
        on: 'client',
        // A network namespace with its own NIC on the service network.
        make: vars => `ip netns add ${own} && ip link add link ${vars.node_service_nic} name nfsha-sur netns ${own} type macvlan mode bridge &&
ip -n ${own} addr add ${vars.ha_vip} dev nfsha-sur && ip -n ${own} link set nfsha-sur up`,
        undo: () => `ip netns del ${own} 2>/dev/null; :`,
      },
    ],
    reported: true,
    refused: true,
  },
  ...(['both', 'active'] as const).map(
    (on): Surrounding => ({
      name: `ping-silent-${on}`,
      title: `ping node silent for ${on === 'both' ? 'both nodes' : 'the active node'}`,
      parts: [
        {
          kind: 'shell',
          on,
          // An unused hardware address: packets to it arrive nowhere.
          make: vars =>
            pingNodes(vars)
              .map(ip => `ip neigh replace ${ip} lladdr 02:00:5e:00:53:99 dev ${vars.node_service_nic} nud permanent`)
              .join(' && '),
          undo: vars =>
            `${pingNodes(vars)
              .map(ip => `ip neigh del ${ip} dev ${vars.node_service_nic} 2>/dev/null`)
              .join('; ')}; :`,
        },
      ],
      reported: true,
    }),
  ),
  holder('submount', 'bind mount below the share', {
    make: vars => `mkdir -p ${onShare(vars)} && mount --bind /var/log ${onShare(vars)}`,
    undo: vars => `umount ${onShare(vars)} 2>/dev/null; rmdir ${onShare(vars)} 2>/dev/null; :`,
  }),
  holder('process', 'processes at work in the share, one in a mount namespace of its own', {
    make: vars => `: > ${onShare(vars)}.file`,
    hold: vars => `cd ${vars.nfs_export_path} && { unshare -m sleep 3600 & exec 8>> ${onShare(vars)}.file; sleep 3600; }`,
    undo: vars => `rm -f ${onShare(vars)}.file`,
  }),
  holder('loop-device', 'mounted image file and swap file on the share', {
    make: vars => `truncate -s 8M ${onShare(vars)}.image && mke2fs -q -F ${onShare(vars)}.image && mkdir -p /run/${own}.mount &&
mount -o loop ${onShare(vars)}.image /run/${own}.mount && dd if=/dev/zero of=${onShare(vars)}.swap bs=1M count=4 2>/dev/null &&
chmod 600 ${onShare(vars)}.swap && mkswap ${onShare(vars)}.swap >/dev/null && swapon ${onShare(vars)}.swap`,
    undo: vars => `umount /run/${own}.mount 2>/dev/null; rmdir /run/${own}.mount 2>/dev/null; swapoff ${onShare(vars)}.swap 2>/dev/null
rm -f ${onShare(vars)}.image ${onShare(vars)}.swap`,
  }),
  clock('standby', 3600),
  clock('active', -3600),
  {
    name: 'firewall-standby',
    title: 'firewall of the standby closes the port of NFS',
    parts: [
      {
        kind: 'shell',
        on: 'standby',
        make: () => `command -v nft >/dev/null || { echo "nft is not installed" >&2; exit 1; }
nft 'add table inet ${own}; add chain inet ${own} input { type filter hook input priority 0; }; add rule inet ${own} input tcp dport 2049 drop'`,
        undo: () => `nft delete table inet ${own} 2>/dev/null; :`,
      },
    ],
    reported: true,
    refused: true,
  },
  {
    name: 'disk-slow-standby',
    title: 'disk of the standby slow: 40 operations a second',
    parts: [{ kind: 'outside', on: 'standby', make: ['disk-slow', 'vdb'], undo: ['disk-fast', 'vdb'] }],
  },
  {
    name: 'disk-failed-standby',
    title: 'disk of the standby failed',
    parts: [
      {
        kind: 'shell',
        on: 'standby',
        // Unbinds a virtio disk from its driver: every access fails from then on.
        make: vars => `d=$(readlink -f ${quote(vars.drbd_disk)}) && v=$(readlink -f "/sys/block/\${d##*/}/device") && echo "\${v##*/}" > /run/${own}.disk &&
echo "\${v##*/}" > /sys/bus/virtio/drivers/virtio_blk/unbind`,
        undo: vars => `if [ -s /run/${own}.disk ]; then cat /run/${own}.disk > /sys/bus/virtio/drivers/virtio_blk/bind; rm -f /run/${own}.disk; udevadm settle; fi
drbdadm adjust ${vars.drbd_resource} >/dev/null 2>&1; :`,
      },
    ],
    reported: true,
    refused: true,
    ends: { 'power-loss': 'none' },
  },
  lostClient('client-hung', 'client with an open file and a lock does not answer', 0),
  lostClient('client-died', 'client with an open file and a lock has died', 3),
  {
    name: 'many-names',
    title: `directory of ${names} names being listed`,
    parts: [
      {
        kind: 'shell',
        on: 'active',
        isOnShare: true,
        // Links to ten files: the volume may have too few inodes for as many files.
        make: vars =>
          `mkdir -p ${onShare(vars)} && cd ${onShare(vars)} && perl -e 'for my $i (0 .. 9) { open my $f, ">", "f$i" or die } for my $n (11 .. ${names}) { link "f" . $n % 10, "name-of-a-file-$n" or die $! }'`,
        undo: vars => `rm -rf ${onShare(vars)}`,
      },
      {
        kind: 'shell',
        on: 'client',
        // "." and ".." are listed too.
        hold: () =>
          `for d in /run/nfsha-failover/*-1/.${own}; do while :; do n=$(ls -f "$d" | wc -l); [ "$n" -eq ${names + 2} ] || echo "a directory of ${names + 2} names was listed with $n" >> /run/${own}.seen; done; done`,
        undo: () => `cat /run/${own}.seen 2>/dev/null; rm -f /run/${own}.seen`,
      },
    ],
  },
  ...links.map(lossy),
  ...links.map(narrow),
  busy('active'),
  busy('standby'),
]

/** Every ping node of the cluster. */
const pingNodes = (vars: PairSettings): string[] => [vars.heartbeat_ping].flat()

/** Why a surrounding cannot be set up here; undefined when it can. */
export const whyNoSurrounding = ({ parts }: Surrounding, vars: PairSettings): string | undefined => {
  if (vars.failover_lab === undefined && parts.some(p => p.kind === 'outside')) return 'can only be injected from outside, in the lab'
  if (vars.failover_dead_client === undefined && parts.some(p => p.kind === 'lost-client'))
    return 'needs failover_dead_client, a free address of the service network'
  return undefined
}
