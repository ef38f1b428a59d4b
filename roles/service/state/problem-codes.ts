import type { Change, NextStep } from '../../../lib/role-api/index.ts'
import { quote } from '../../../lib/role-api/index.ts'
import { stateDirectory } from '../nfs/exports.ts'

/** The subject of a problem. `item`: the NIC, mount point, file or package, if there is one; `from`: what was read. */
export interface About {
  host?: string
  item: string
  from: string
}

interface Kind {
  /** For the documentation. */
  meaning: string
  /** A sentence without a full stop. `at`: `M1`, `M1 and M2`. */
  says(about: About & { at: string }): string
  next(about: About): NextStep
}

/** Quotes a word of a command that an operator will paste, so that output of a host cannot become another command. */
const word = (text = ''): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quote(text))

const both = 'both nodes'
const there = ({ host = both }: About, command: string, note?: string): NextStep => ({ on: host, command, ...(note && { note }) })
const onBoth = (command: string, note?: string): NextStep => ({ on: both, command, ...(note && { note }) })
const here = (command: string, note?: string): NextStep => ({ on: '', command, ...(note && { note }) })

const scriptLog = 'journalctl -b -t nfsha -n 30'
const scriptStatus = `/etc/ha.d/resource.d/nfsha status; ${scriptLog}`
const switchover = () => here('nfsha-play switchover.yml', 'only a restart of nfsd changes it')
const misplaced = (what: string) => ({
  says: ({ from }: About) => `${what} ${from}${/^on no node$| and /.test(from) ? '' : ', not where the virtual IP is'}`,
  next: () => onBoth(scriptStatus),
})

/**
 * Every problem of the status, in display order. A test keeps the table in docs/status.md the same. No next step is `status.yml`: that
 * would send the reader in a circle.
 */
export const problemKinds = {
  'node-unreachable': {
    meaning: 'no connection to the node could be opened, or it was lost',
    says: ({ at, from }) => `${at} cannot be reached${from === 'unreachable' ? '' : ` (${from})`}`,
    next: ({ host }) => here(`nfsha-play ping -l ${word(host)}`, 'then its power, console and cables; once it is up: nfsha-play start.yml'),
  },
  'node-slow': {
    meaning: 'the node was reached, but did not answer in time',
    says: ({ at, from }) => `${at} gave no complete answer (${from})`,
    next: about => there(about, "uptime; ps -eo stat,wchan:20,args | grep '^D'; dmesg | tail", 'what it waits for'),
  },
  'node-not-understood': {
    meaning: 'the node was reached, but could not be read',
    says: ({ at, from }) => `${at} could not be read (${from})`,
    next: ({ host }) => here(`nfsha-play ping -l ${word(host)}`, 'is it the machine of the inventory, and can root log in?'),
  },
  'node-left-out': {
    meaning: '`--limit` left the node out',
    says: ({ at }) => `${at} was left out by --limit`,
    next: ({ host }) => here(`nfsha-play ping -l ${word(host)}`),
  },
  maintenance: {
    meaning: 'a node is in maintenance: `maintenance.yml` marked it on both nodes',
    says: ({ from }) => `maintenance: ${from}`,
    next: () => here('nfsha-play maintenance.yml -e ha_maintenance=none', 'when the work is done'),
  },
  'heartbeat-stopped': {
    meaning: 'heartbeat does not run on the node',
    says: ({ at }) => `heartbeat is stopped on ${at}`,
    next: () => here('nfsha-play start.yml', 'after finding out why it stopped'),
  },
  'heartbeat-in-transition': {
    meaning: 'heartbeat is moving resources, or waits for one that does not start or stop',
    says: ({ at }) => `heartbeat is in transition on ${at}`,
    next: about => there(about, 'cl_status rscstatus', 'wait until it is none, local, foreign or all, and look again'),
  },
  'vip-on-both-nodes': {
    meaning: 'both nodes have the virtual IP',
    says: ({ from }) => `the virtual IP is ${from}`,
    next: () =>
      onBoth('cl_status rscstatus; ip -o -4 addr show; cat /proc/drbd', 'then stop heartbeat on the node that has not mounted the share'),
  },
  'vip-on-no-node': {
    meaning: 'neither node has the virtual IP, and both were read',
    says: () => 'no node has the virtual IP',
    next: () => onBoth(`service heartbeat status; ${scriptLog}`),
  },
  'vip-of-another-machine': {
    meaning: 'another machine answers for the virtual IP',
    says: ({ from }) => `virtual IP: ${from}`,
    next: ({ host = both }) => ({ on: host, command: 'ip neigh', note: 'find that machine by its hardware address' }),
  },
  'vip-misconfigured': {
    meaning: 'the virtual IP is on another NIC, or has another prefix length, than declared',
    says: ({ at, from }) => `virtual IP on ${at} is ${from}`,
    next: switchover,
  },
  'drbd-standalone': {
    meaning: 'DRBD has given up the connection: a split brain, or disconnected by hand',
    says: ({ at }) => `DRBD is StandAlone on ${at}: split brain, or disconnected by hand`,
    next: () => here('nfsha-play split-brain.yml', 'shows both copies; nothing is discarded before you name the node'),
  },
  'drbd-no-device': {
    meaning: 'DRBD is not configured on the node',
    says: ({ at }) => `DRBD has no device on ${at}`,
    next: about => there(about, 'drbdadm adjust all'),
  },
  'drbd-diskless': {
    meaning: 'DRBD has detached its disk: an I/O error, or by hand',
    says: ({ at, from }) => `DRBD has no disk on ${at} (${from})`,
    next: about => there(about, 'dmesg | grep -i -e drbd -e "I/O error"', 'with a good disk: drbdadm attach all'),
  },
  'drbd-not-up-to-date': {
    meaning: 'the copy of the node is not UpToDate, and no resynchronisation runs',
    says: ({ at, from }) => `the copy on ${at} is ${from}`,
    next: about => there(about, 'drbdadm cstate all; cat /proc/drbd', 'it resynchronises once it is connected to a good copy'),
  },
  'drbd-waiting': {
    meaning: 'DRBD waits for the other node',
    says: ({ at }) => `DRBD on ${at} has no connection to the other node`,
    next: () => onBoth('drbdadm cstate all; ip -br link', 'the cable, or a firewall that drops the port of DRBD'),
  },
  'drbd-io-suspended': {
    meaning: 'DRBD suspends I/O: clients wait',
    says: ({ at }) => `DRBD suspends I/O on ${at}: clients wait`,
    next: about => there(about, 'journalctl -b -t nfsha -n 20', 'what it waits for'),
  },
  'drbd-out-of-sync': {
    meaning: 'blocks differ although DRBD is connected: a verify found them',
    says: ({ at, from }) => `DRBD on ${at}: ${from}`,
    next: () => ({ on: 'the standby', command: 'drbdadm disconnect all && drbdadm connect all' }),
  },
  'drbd-primary-misplaced': {
    meaning: 'DRBD is Primary on another node than the virtual IP, on both or on none',
    ...misplaced('DRBD is Primary'),
  },
  'mount-misplaced': { meaning: 'the share is not mounted exactly where the virtual IP is', ...misplaced('the share is mounted') },
  'export-misplaced': { meaning: 'the share is not exported exactly where the virtual IP is', ...misplaced('the share is exported') },
  'nfsd-stopped': {
    meaning: 'nfsd does not run on the active node',
    says: ({ at }) => `nfsd is stopped on ${at}, which has the virtual IP`,
    next: () => here('nfsha-play switchover.yml'),
  },
  'nfsd-on-standby': {
    meaning: 'nfsd runs on a node without the virtual IP',
    says: ({ at }) => `nfsd runs on ${at}, which does not have the virtual IP`,
    next: about => there(about, '/etc/ha.d/resource.d/nfsha stop'),
  },
  'link-no-carrier': {
    meaning: 'a NIC has no carrier: cable, switch port, or the machine at the other end is off',
    says: ({ at, item }) => `no carrier on ${item} of ${at}`,
    next: about => there(about, `ip -br link show dev ${word(about.item)}`, 'cable, switch port'),
  },
  'heartbeat-link-down': {
    meaning: 'heartbeat does not hear the other node on a NIC that has a carrier',
    says: ({ at, item }) => `heartbeat on ${at} does not hear the other node on ${item}`,
    next: about => there(about, `ip -br addr show dev ${word(about.item)}`, 'ping the address of the other node on it'),
  },
  'ping-node-silent': {
    meaning: 'a ping node does not answer',
    says: ({ at, item }) => `ping node ${item} does not answer ${at}`,
    next: about => there(about, `ping -c 3 ${word(about.item)}`),
  },
  'nfsd-settings': {
    meaning: 'nfsd or its daemons run with other settings than declared, or one of the daemons does not run',
    says: ({ at, item, from }) => `${item} on ${at}: ${from}`,
    next: switchover,
  },
  'nfsd-scope-unread': {
    meaning: 'the server scope of nfsd could not be read',
    says: ({ at, from }) => `nfsd scope on ${at} ${from}`,
    next: about => there(about, 'perl -v', 'the scope is read by a program in perl'),
  },
  'mount-options': {
    meaning: 'the share is mounted without `nodev` or `nosuid`',
    says: ({ at, item }) => `${item} is mounted without nodev,nosuid on ${at}`,
    next: switchover,
  },
  'client-state-misplaced': {
    meaning: "the clients' state is not on its own volume ([state.md](state.md))",
    says: ({ at, from }) => `the clients' state on ${at} is ${from}`,
    next: switchover,
  },
  'mount-read-only': {
    meaning: 'the share is mounted read-only',
    says: ({ at, item }) => `${item} is mounted read-only on ${at}`,
    next: () => here('nfsha-play switchover.yml'),
  },
  'file-system-errors': {
    meaning: 'ext4 recorded errors',
    says: ({ at, from }) => `ext4 recorded errors on ${at}: ${from}`,
    next: about => there(about, 'dmesg | grep EXT4-fs', 'plan a stop for e2fsck -f'),
  },
  'volume-held': {
    meaning: 'something other than the service keeps the share from being unmounted',
    says: ({ at, item, from }) => `${item} is held on ${at}: ${from}`,
    next: about =>
      there(
        about,
        `fuser -vm ${word(about.item)}; grep -F ${quote(` ${about.item}/`)} /proc/mounts`,
        'end it, or leave that to the next stop of the service',
      ),
  },
  'stop-failed': {
    meaning: 'the last stop of the service did not finish',
    says: ({ at }) => `the last stop of the service failed on ${at}`,
    next: about => there(about, scriptLog),
  },
  'exports-undeclared': {
    meaning: 'the kernel exports what no file declares',
    says: ({ at, from }) => `${at} exports what no file declares: ${from}`,
    next: about => there(about, 'exportfs -r'),
  },
  'space-short': {
    meaning: 'a file system is nearly full (`ha_space_limit`)',
    says: ({ at, item, from }) => `space on ${item} of ${at}: ${from}`,
    next: about =>
      about.item === stateDirectory
        ? there(
            about,
            "grep -h '^address:' /proc/fs/nfsd/clients/*/info | cut -d: -f2 | sort | uniq -c | sort -n | tail",
            'look for a client that keeps registering under new names',
          )
        : there(about, `du -axh --max-depth=2 ${word(about.item)} | sort -h | tail`),
  },
  'inodes-short': {
    meaning: 'a file system has nearly no inodes left (`ha_space_limit`)',
    says: ({ at, item, from }) => `inodes on ${item} of ${at}: ${from}`,
    next: about => there(about, `du -x --inodes --max-depth=2 ${word(about.item)} | sort -n | tail`),
  },
  'boot-conflict': {
    meaning: 'the next boot would do what only the cluster may do, or not give the node an address that it needs',
    says: ({ at, from }) => `next boot of ${at}: ${from}`,
    next: about =>
      there(about, `grep -rn -F -e ${quote(about.item)} /etc/network/interfaces /etc/network/interfaces.d /etc/fstab`, 'correct that file'),
  },
  'disk-claimed': {
    meaning: 'something other than DRBD names or holds the backing disk or the replicated device',
    says: ({ at, from }) => `${at}: ${from}`,
    next: about => there(about, 'lsblk; grep -n . /etc/fstab /etc/crypttab', 'end that use, and take it out of the file'),
  },
  'watch-dead': {
    meaning: '`nfsha watch` has ended, hangs or was never started',
    says: ({ at, from }) => `nfsha watch on ${at}: ${from}`,
    next: about => there(about, "pkill -KILL -f '^/bin/sh /etc/ha.d/resource.d/nfsha watch$'", 'heartbeat starts it again at once'),
  },
  'automatic-restart': {
    meaning: 'something restarts services or the machine automatically',
    says: ({ at, from }) => `${at}: ${from}`,
    next: about => there(about, 'grep -rn -e Automatic-Reboot -e nrconf /etc/apt/apt.conf.d /etc/needrestart', 'switch it off there'),
  },
  'client-names': {
    meaning: 'NFS clients with one name and several addresses: cloned machines',
    says: ({ from }) => `NFS clients with one name: ${from}`,
    next: () => ({ on: 'those clients', command: 'hostnamectl set-hostname NAME', note: 'then mount again' }),
  },
  'configuration-differs': {
    meaning: 'a configuration file is not the same on both nodes',
    says: ({ item, from }) =>
      item.includes(', ') ? `not the same on both nodes: ${item}` : `${item} is not the same on both nodes: ${from}`,
    next: () => here('nfsha-play site.yml --check --diff', 'then without --check; what no role declares is copied by hand'),
  },
  'packages-missing': {
    meaning: 'packages that the other node has are not installed: a bare or reinstalled machine',
    says: ({ at, item }) => `not installed on ${at}: ${item}`,
    next: ({ host }) =>
      here(
        'nfsha-play site.yml --check',
        `a new machine in the place of a lost node: nfsha-play replace-node.yml -e ha_replace=${word(host)}`,
      ),
  },
  'versions-differ': {
    meaning: 'a package has another version on the other node',
    says: ({ item, from }) => `versions of ${item}: ${from}`,
    next: about => onBoth(`apt-cache policy ${word(about.item)}`, 'upgrade the older one in maintenance.yml'),
  },
  'drbd-resync': {
    meaning: 'DRBD copies what a node lacks; not a problem, but no redundancy until it has finished',
    says: ({ at, from }) => `DRBD resynchronises ${at}: ${from}`,
    next: about => there(about, 'watch -n 5 drbdadm status all', 'nothing to do but wait'),
  },
} as const satisfies Record<string, Kind>

export type ProblemCode = keyof typeof problemKinds

/** A problem is a difference with a code. A run does not repair it. */
export interface Problem extends Change {
  code: ProblemCode
  remedy: string
  /** The NIC, mount point, file or package concerned. */
  item?: string
  next: NextStep
}

/** `on M1: exportfs -r`; `nfsha-play start.yml (after finding out why it stopped)` */
export const nextStepText = ({ on, command, note }: NextStep): string =>
  `${on === '' ? '' : `on ${on}: `}${command}${note === undefined ? '' : ` (${note})`}`

/** All codes in display order. */
export const problemCodes = Object.keys(problemKinds) as ProblemCode[]

export const kindOf = (code: ProblemCode): Kind => problemKinds[code]

/** Pure: a problem with `next`, or with the default next step of its code. */
export const problem = (
  code: ProblemCode,
  { item, ...change }: Pick<Change, 'attribute' | 'from' | 'to'> & { host?: string | undefined; item?: string },
  next?: NextStep,
): Problem => {
  const { host, ...rest } = change
  const about: About = { item: item ?? '', from: change.from, ...(host !== undefined && { host }) }
  const step = next ?? kindOf(code).next(about)
  return { ...rest, ...(host !== undefined && { host }), ...(item !== undefined && { item }), code, next: step, remedy: nextStepText(step) }
}
