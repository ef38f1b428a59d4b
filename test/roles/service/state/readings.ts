import { debian12 } from '../../../../lib/platform/debian12.ts'
import { notRead } from '../../../../lib/resources/reading.ts'
import type { Member } from '../../../../lib/resources/resource.ts'
import type { Context } from '../../../../roles/role.ts'
import { exportOptions } from '../../../../roles/service/nfs/exports.ts'
import { type ServiceState, serviceProbe } from '../../../../roles/service/state/state.ts'
import { contextOn } from '../../contexts.ts'

/** The reference pair with the lean stack. */
export const context: Context = contextOn(debian12, {}, 'ha_stack=lean', 'drbd_disk=/dev/vdb')

type Node = 'M1' | 'M2'
type Blocks = Record<string, string>

const drbd = (line: string, rest = ' oos:0'): string => `version: 8.4.11 (api:1/proto:86-101)
 0: cs:${line} C r-----
    ns:328392 nr:0 dw:22352 dr:331093 al:12 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f${rest}`

/** Output of the probe on both nodes of a lab with M1 active, block by block. */
const common = (node: Node): Blocks => {
  const number = node === 'M1' ? 210 : 220
  return {
    lock: '',
    maintenance: '',
    heartbeat: 'active',
    rsc: node === 'M1' ? 'local' : 'none',
    links: 'em3 up\nem2 up',
    carrier: 'em1 1\nem2 1\nem3 1',
    addr: `3: em1    inet 192.168.0.${number}/24 brd 192.168.0.255 scope global em1\\       valid_lft forever`,
    drbd: '',
    mount: '',
    state: '',
    holders: '',
    'fs-errors': '0',
    'stop-failed': '',
    nfsd: '0',
    daemons: '',
    exports: '',
    'export-files': '/data 192.168.0.0/24(rw,sync,fsid=1)',
    served: 'full',
    daemon: 'now 1764000000.500000000 5000.50\nticks 400000\nfile 1763998000 /etc/ha.d/ha.cf',
    lost: '',
    space: 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 6151776 544736 5276084 10% /',
    inodes: 'Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/vda 196608 11786 184822 6% /',
    interfaces: '',
    fstab: '',
    answers: '',
    mac: `52:54:00:1a:01:0${node === 'M1' ? 1 : 2}`,
    pings: '192.168.0.1 ping',
    watch: '338 nfsha - 472.48\nwanted',
    claims: '',
    named: 'fd:10 /dev/vdb\n93:0 /dev/drbd0',
    superblock: '',
    held: 'drbd0',
    automatic: '',
    clients: '',
    sums: 'aaaa  /etc/exports',
    system: 'debian 13',
    packages: 'heartbeat hold installed 1:3.0.6-17',
    minor: '0',
  }
}

const active: Blocks = {
  addr: `3: em1    inet 192.168.0.210/24 brd 192.168.0.255 scope global em1\\       valid_lft forever
3: em1    inet 192.168.0.219/24 scope global secondary em1\\       valid_lft forever`,
  drbd: drbd('Connected ro:Primary/Secondary ds:UpToDate/UpToDate'),
  mount: '/dev/drbd0 /data ext4 rw,nosuid,nodev,noatime 0 0',
  state: '/dev/loop0 /run/nfsha/state ext4 rw,nosuid,nodev,noexec,noatime,nosymfollow 0 0',
  nfsd: '8',
  versions: '-3 +4 +4.1 +4.2',
  times: '10\n10',
  tracking: 'nfsdcld',
  scope: 'is nfsha-drbd',
  daemons: 'arguments nfsdcld -s /run/nfsha/state/nfsdcld\narguments /usr/sbin/rpc.mountd --state-directory-path /run/nfsha/nfs',
  daemon: 'now 1764000000.500000000 5000.50\nticks 400000\nfile 1763998000 /etc/ha.d/ha.cf\nfile 1763999060 /run/nfsha/serving',
  exports: `/data\t192.168.0.0/24(${exportOptions(context.vars).join(',')},wdelay,hide,nocrossmnt,secure,no_subtree_check,acl,sec=sys)`,
  clients: 'address: "192.168.0.50:801"\nname: "Linux NFSv4.2 C1"',
}

const standby: Blocks = { drbd: drbd('Connected ro:Secondary/Primary ds:UpToDate/UpToDate') }

/** Separate sources besides the script: each is there completely or not at all. */
export const whole = ['daemon', 'daemons', 'superblock', 'packages']

/** The order of the blocks in the output. */
const order = [
  ...whole,
  ...[
    'lock',
    'maintenance',
    'heartbeat',
    'rsc',
    'links',
    'carrier',
    'addr',
    'drbd',
    'mount',
    'state',
    'holders',
    'fs-errors',
    'stop-failed',
  ],
  ...['nfsd', 'versions', 'times', 'tracking', 'scope', 'exports', 'export-files', 'served', 'lost', 'space', 'inodes'],
  ...['interfaces', 'fstab', 'answers', 'mac', 'pings', 'watch', 'claims', 'named', 'held', 'automatic', 'clients'],
  ...['sums', 'system', 'minor'],
]

/** The output of a node, with these blocks replaced. */
export const answer = (node: Node, role: 'active' | 'standby', more: Blocks = {}): string => {
  const blocks = { ...common(node), ...(role === 'active' ? active : standby), ...more }
  return order.flatMap(name => (blocks[name] === undefined ? [] : [`@${name}`, ...(blocks[name] === '' ? [] : [blocks[name]])])).join('\n')
}

const probe = serviceProbe(context)

export const member = (host: Node, stdout: string): Member<ServiceState> => ({
  host,
  reading: probe.parse({ code: 0, stdout, stderr: '', at: 0 }),
})
export const away = (host: Node, why = 'unreachable'): Member<ServiceState> => ({ host, reading: notRead(why) })
/** The output up to here, and then nothing for 30 s. */
export const slow = (host: Node, stdout = ''): Member<ServiceState> => ({
  host,
  reading: { ...notRead('no answer within 30 s'), ...(stdout !== '' && { partly: probe.parsePart?.(stdout) ?? {} }) },
})

const m1 = (more: Blocks = {}) => member('M1', answer('M1', 'active', more))
const m2 = (more: Blocks = {}) => member('M2', answer('M2', 'standby', more))

const noPeer = { links: 'em3 dead\nem2 dead' }
const alone = (role: string, disk: string) => drbd(`WFConnection ro:${role}/Unknown ds:${disk}/DUnknown`)
const idle = (node: Node) =>
  member(
    node,
    answer(node, 'standby', {
      heartbeat: 'inactive',
      rsc: '',
      links: '',
      drbd: drbd('Connected ro:Secondary/Secondary ds:UpToDate/UpToDate'),
    }),
  )
const suspended = (line: string) => drbd(line).replace('r-----', 's-----')

interface Scene {
  members: Member<ServiceState>[]
  headline: string
  state: string
  redundant: boolean | null
  /** The only cause, if there is one, and its command. */
  cause?: [code: string, command: string]
}

export const scenes: Record<string, Scene> = {
  healthy: { members: [m1(), m2()], headline: 'served by M1', state: 'healthy', redundant: true },
  'one node down': {
    members: [m1({ ...noPeer, drbd: alone('Primary', 'UpToDate'), carrier: 'em1 1\nem2 0\nem3 0' }), away('M2')],
    headline: 'served by M1; M2 was not read (unreachable)',
    state: 'degraded',
    redundant: false,
    cause: ['node-unreachable', 'nfsha-play ping -l M2'],
  },
  'the node that served is down, and the other waits': {
    members: [away('M1'), m2({ ...noPeer, drbd: alone('Secondary', 'UpToDate') })],
    headline: 'not known: M1 was not read (unreachable); DRBD on M2 has no connection to it, heartbeat on M2 does not hear it',
    state: 'not-known',
    redundant: false,
    cause: ['node-unreachable', 'nfsha-play ping -l M1'],
  },
  'one node slow, and nothing of it came': {
    members: [slow('M1'), m2()],
    headline: 'not known: M1 was not read (no answer within 30 s); DRBD on M2 sees M1 as Primary, heartbeat on M2 hears it',
    state: 'not-known',
    redundant: null,
    cause: ['node-slow', "uptime; ps -eo stat,wchan:20,args | grep '^D'; dmesg | tail"],
  },
  'both up without heartbeat': {
    members: [idle('M1'), idle('M2')],
    headline: 'not served',
    state: 'down',
    redundant: false,
    cause: ['heartbeat-stopped', 'nfsha-play start.yml'],
  },
  'split brain': {
    members: [
      m1({ drbd: drbd('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown').replace(' C r', '   r') }),
      m2({ drbd: drbd('StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown').replace(' C r', '   r') }),
    ],
    headline: 'served by M1',
    state: 'degraded',
    redundant: false,
    cause: ['drbd-standalone', 'nfsha-play split-brain.yml -e drbd_victim=M2 --check'],
  },
  'split brain, and both serve': {
    members: [
      m1({ drbd: drbd('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') }),
      member('M2', answer('M2', 'active', { drbd: drbd('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown'), answers: '' })),
    ],
    headline: 'BOTH nodes have the virtual IP',
    state: 'degraded',
    redundant: false,
    cause: ['drbd-standalone', 'nfsha-play split-brain.yml'],
  },
  'a hand-over half done: nfsd has ended, the address is still there': {
    members: [m1({ rsc: 'transition', nfsd: '0', etab: '' }), m2({ rsc: 'transition' })],
    headline: 'not served: M1 has the virtual IP, but nfsd does not run',
    state: 'down',
    redundant: true,
    cause: ['heartbeat-in-transition', 'cl_status rscstatus'],
  },
  resync: {
    members: [
      m1({
        drbd: drbd(
          'SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent',
          " oos:161792\n\t[========>...........] sync'ed: 45.2% (161792/294912)K\n\tfinish: 0:03:20 speed: 808 (808) K/sec",
        ),
      }),
      m2({
        drbd: drbd(
          'SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate',
          " oos:161792\n\t[========>...........] sync'ed: 45.2% (161792/294912)K\n\tfinish: 0:03:20 speed: 808 (808) want: 1,024 K/sec",
        ),
      }),
    ],
    headline: 'served by M1',
    state: 'degraded',
    redundant: false,
    cause: ['drbd-resync', 'watch -n 5 drbdadm status all'],
  },
  'disk failed': {
    members: [
      m1({ drbd: drbd('Connected ro:Primary/Secondary ds:UpToDate/Diskless') }),
      m2({ drbd: drbd('Connected ro:Secondary/Primary ds:Diskless/UpToDate') }),
    ],
    headline: 'served by M1',
    state: 'degraded',
    redundant: false,
    cause: ['drbd-diskless', 'dmesg | grep -i -e drbd -e "I/O error"'],
  },
  'I/O suspended, the other node gone': {
    members: [m1({ ...noPeer, drbd: suspended('WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown') }), away('M2')],
    headline:
      'not known: M1 has the virtual IP, but DRBD suspends I/O; M2 was not read (unreachable); DRBD on M1 has no connection to it, heartbeat on M1 does not hear it',
    state: 'not-known',
    redundant: false,
    cause: ['node-unreachable', 'nfsha-play ping -l M2'],
  },
  'I/O suspended, both read': {
    members: [
      m1({
        links: 'em3 dead\nem2 up',
        carrier: 'em1 1\nem2 1\nem3 0',
        drbd: suspended('WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown'),
      }),
      m2({ links: 'em3 dead\nem2 up', carrier: 'em1 1\nem2 1\nem3 0', drbd: alone('Secondary', 'Outdated') }),
    ],
    headline: 'not served: M1 has the virtual IP, but DRBD suspends I/O',
    state: 'down',
    redundant: false,
    cause: ['link-no-carrier', 'ip -br link show dev em3'],
  },
  'a bare machine in the place of a node': {
    members: [
      m1({
        ...noPeer,
        drbd: alone('Primary', 'UpToDate'),
        sums: 'aaaa  /etc/exports\nbbbb  /etc/ha.d/ha.cf',
        packages: 'heartbeat hold installed 1:3.0.6-17\ndrbd-utils hold installed 9.22.0-1',
      }),
      member(
        'M2',
        answer('M2', 'standby', {
          heartbeat: 'inactive',
          rsc: '',
          links: '',
          drbd: '',
          held: '',
          sums: '',
          packages: '',
          served: '',
          watch: '',
        }),
      ),
    ],
    headline: 'served by M1',
    state: 'degraded',
    redundant: false,
    cause: ['packages-missing', 'nfsha-play site.yml --check'],
  },
}
