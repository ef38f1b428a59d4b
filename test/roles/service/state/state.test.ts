import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseProcDrbd } from '../../../../lib/resources/proc-drbd.ts'
import { packagedFile } from '../../../../lib/text/packaged.ts'
import { servingMark } from '../../../../roles/service/paths.ts'
import type { ProblemCode } from '../../../../roles/service/state/problem-codes.ts'
import {
  hostDifferences,
  linkDifferences,
  maintenanceDifferences,
  nfsdDifferences,
  pairDifferences,
  problemText,
  serviceDifferences,
  transitionDifferences,
} from '../../../../roles/service/state/problems.ts'
import type { NamedState } from '../../../../roles/service/state/state.ts'
import { parseService } from '../../../../roles/service/state/state.ts'
import { Vars } from '../../../../roles/vars.ts'

const vars = Vars.parse({
  node_name: 'M1.redhat.sx',
  node_service_ip: '192.168.0.210',
  node_heartbeat_ip: '172.16.0.210',
  node_drbd_ip: '172.16.100.210',
  heartbeat_ping: '192.168.0.1',
  heartbeat_secret: 'test-secret',
  drbd_secret: 'test-secret',
  drbd_disk: '/dev/vdb',
  nfs_export_network: '192.168.0.0/24',
  ha_vip: '192.168.0.219/24',
})

const device = (text: string, oos = 0) => parseProcDrbd(` 0: cs:${text} C r-----\n    oos:${oos}\n`).devices[0]
const nfs = { versions: '-3 +4 +4.1 +4.2', lease: 10, grace: 10, tracked: true, lockd: '', scope: 'is nfsha-drbd' }
const holder: NamedState = {
  host: 'M1',
  lock: '',
  maintenance: undefined,
  heartbeat: true,
  stable: true,
  vip: true,
  vipAt: 'em1/24',
  mounted: true,
  readOnly: false,
  exposed: false,
  state: 'its own volume',
  fileSystemErrors: 0,
  holders: [],
  stopFailed: false,
  nfsd: 8,
  nfs,
  daemons: ['nfsdcld -s /run/nfsha/state/nfsdcld', 'rpc.mountd --state-directory-path /run/nfsha/nfs'],
  exported: true,
  servingSince: undefined,
  foreignExports: [],
  served: 'full',
  pending: [],
  links: ['em2 up', 'em3 up'],
  unplugged: [],
  lost: { copy: undefined, heartbeat: undefined },
  space: [{ mount: '/', used: 10, inodes: 6, short: false }],
  boot: [],
  around: { answers: [], mac: '52:54:00:00:00:01', silentPings: [], watch: undefined, claims: [], automatic: [], twins: [], clients: [] },
  sums: { '/etc/exports': 'aaaaaaaaaa' },
  system: 'debian 13',
  versions: { heartbeat: '3.0.6' },
  device: device('Connected ro:Primary/Secondary ds:UpToDate/UpToDate'),
}
const standby: NamedState = {
  ...holder,
  host: 'M2',
  vip: false,
  vipAt: '',
  mounted: false,
  nfsd: 0,
  nfs: undefined,
  daemons: [],
  exported: false,
  device: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'),
}
const pairOf = (one: Partial<NamedState>, two: Partial<NamedState>) => [
  { ...holder, ...one },
  { ...standby, ...two },
]

test.each<[string, Partial<NamedState>, Partial<NamedState>, RegExp[]]>([
  ['one node is active, the other on standby', {}, {}, []],
  ['virtual IP on both', {}, { vip: true, nfsd: 8, mounted: false }, [/virtual IP: on M1 and M2, wanted on exactly one/]],
  [
    'virtual IP nowhere',
    { vip: false },
    {},
    [/virtual IP: on no node/, /DRBD Primary: on M1/, /mount: on M1/, /export: on M1/, /nfsd on M1: running/],
  ],
  ['heartbeat stopped on the standby', {}, { heartbeat: false }, [/heartbeat on M2: stopped/]],
  [
    'split',
    { device: device('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') },
    { device: device('StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown') },
    [/connection on M1: StandAlone/, /connection on M2: StandAlone/],
  ],
  ['nfsd died', { nfsd: 0, exported: false }, {}, [/export: on no node/, /nfsd on M1: stopped/]],
  ['a resync is not a problem', {}, { device: device('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') }, []],
  ['disk lost', {}, { device: device('Connected ro:Secondary/Primary ds:Diskless/UpToDate') }, [/disk on M2: Diskless/]],
  ['no device', {}, { device: undefined }, [/DRBD device on M2: none/]],
  ['a verify found differences', {}, { device: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate', 12) }, [/12 KiB out of sync/]],
])('%s', (_name, one, two, problems) => {
  const found = serviceDifferences(pairOf(one, two), 'full').map(problemText)
  expect(found).toHaveLength(problems.length)
  for (const [i, p] of problems.entries()) expect(found[i]).toMatch(p)
})

test('what an unread node may have is not reported as missing', () => {
  expect(serviceDifferences([{ ...standby, host: 'M2' }], 'full', ['M1'])).toEqual([])
  const dark = { ...standby, device: device('WFConnection ro:Secondary/Unknown ds:Outdated/DUnknown') }
  expect(serviceDifferences([dark], 'full', ['M1']).map(problemText)).toEqual([
    'DRBD connection on M2: WFConnection, wanted Connected',
    'DRBD disk on M2: Outdated, wanted UpToDate',
  ])
  expect(serviceDifferences([{ ...standby, vip: true, nfsd: 8, exported: true }], 'full', ['M1']).map(problemText)).toEqual([])
})

const nfsOf = (more: Partial<typeof nfs>) => ({ nfs: { ...nfs, ...more } })
test.each<[string, Partial<NamedState>, ProblemCode, RegExp]>([
  ['cable of em2', { unplugged: ['em2'], links: ['em2 dead', 'em3 up'] }, 'link-no-carrier', /^link em2 on M1: no carrier/],
  ['heartbeat hears nothing on em3', { links: ['em2 up', 'em3 dead'] }, 'heartbeat-link-down', /^heartbeat link em3 on M1: dead/],
  ['threads', { nfsd: 4 }, 'nfsd-settings', /nfsd threads on M1: 4, wanted 8/],
  ['version 3 on', nfsOf({ versions: '+3 +4 +4.1 +4.2' }), 'nfsd-settings', /versions on M1: \+3 .*wanted -3 \+4/],
  ['lease', nfsOf({ lease: 90 }), 'nfsd-settings', /lease on M1: 90 s, wanted 10 s/],
  ['grace', nfsOf({ grace: 90 }), 'nfsd-settings', /grace on M1: 90 s/],
  ['scope', nfsOf({ scope: 'is M1.redhat.sx' }), 'nfsd-settings', /scope on M1: M1.redhat.sx, wanted nfsha-drbd/],
  ['scope not readable', nfsOf({ scope: 'there is no perl' }), 'nfsd-scope-unread', /scope on M1: cannot be read: there is no perl/],
  ['tracking', nfsOf({ tracked: false }), 'nfsd-settings', /tracking on M1: fallen back/],
  [
    'nfsdcld in another directory',
    { daemons: ['nfsdcld', 'rpc.mountd'] },
    'nfsd-settings',
    /storage on M1: default, wanted \/run\/nfsha\/state\/nfsdcld/,
  ],
  ['mountd', { daemons: ['nfsdcld -s /run/nfsha/state/nfsdcld'] }, 'nfsd-settings', /mountd on M1: stopped/],
  [
    'space',
    { space: [{ mount: '/data', used: 95, inodes: 1, short: false }] },
    'space-short',
    /space on \/data on M1: 95% used, wanted at most 90%/,
  ],
  ['inodes', { space: [{ mount: '/data', used: 5, inodes: 91, short: false }] }, 'inodes-short', /inodes on \/data on M1: 91% used/],
  ['boot', { boot: ['the boot gives 192.168.0.219 to this node'] }, 'boot-conflict', /next boot on M1/],
  [
    'state of an older pair',
    { state: 'the share' },
    'client-state-misplaced',
    /clients' state on M1: in the share, wanted on its own volume/,
  ],
  ['state in memory', { state: 'memory' }, 'client-state-misplaced', /clients' state on M1: in memory/],
  ['state nowhere', { state: '' }, 'client-state-misplaced', /clients' state on M1: not mounted/],
  ['share mounted as in earlier versions', { exposed: true }, 'mount-options', /mount \/data on M1: without nodev,nosuid/],
  ['read-only', { readOnly: true }, 'mount-read-only', /mount \/data on M1: read-only/],
  ['ext4 errors', { fileSystemErrors: 2 }, 'file-system-errors', /file system errors on M1: 2/],
  [
    'something else uses the volume',
    { holders: ['swap /data/swap'] },
    'volume-held',
    /holder of \/data on M1: swap \/data\/swap, wanted none/,
  ],
  ['stop failed', { stopFailed: true }, 'stop-failed', /last stop of the service on M1: failed/],
  ['address on another NIC', { vipAt: 'em0/32' }, 'vip-misconfigured', /virtual IP on M1: on em0\/32, wanted on em1\/24/],
  ['hand-over', { stable: false }, 'heartbeat-in-transition', /heartbeat on M1: in transition/],
  ['export by hand', { foreignExports: ['/etc *'] }, 'exports-undeclared', /kernel exports on M1: \/etc \*/],
  [
    'different file on one node',
    { sums: { '/etc/exports': 'bbbbbbbbbb' } },
    'configuration-differs',
    /configuration \/etc\/exports: M1 bbbbbbbb, M2 aaaaaaaa/,
  ],
  ['file on one node only', { sums: {} }, 'configuration-differs', /M1 has none, M2 aaaaaaaa/],
  ['different version on one node', { versions: { heartbeat: '3.0.7' } }, 'versions-differ', /version of heartbeat: M1 3.0.7, M2 3.0.6/],
  ['maintenance', { maintenance: 'new disk, by anna' }, 'maintenance', /maintenance on M1: new disk, by anna/],
])('drift of the service: %s', (_name, one, code, text) => {
  const all = (states: NamedState[]) => [
    ...linkDifferences(states),
    ...nfsdDifferences(states, vars),
    ...hostDifferences(states, vars),
    ...transitionDifferences(states),
    ...pairDifferences(states),
    ...maintenanceDifferences(states),
  ]
  expect(all(pairOf({}, {}))).toEqual([])
  const found = all(pairOf(one, {}))
  expect(found).toHaveLength(1)
  expect(problemText(found[0] as (typeof found)[number])).toMatch(text)
  expect(found[0]?.code).toBe(code)
})

const recorded = `@lock
@maintenance
@heartbeat
active
@rsc
local
@links
em3 up
em2 up
@carrier
em1 1
em2 0
em3 1
@addr
3: em1    inet 192.168.0.210/24 brd 192.168.0.255 scope global em1\\       valid_lft forever
3: em1    inet 192.168.0.219/24 scope global secondary em1\\       valid_lft forever
@drbd
version: 8.4.11 (api:1/proto:86-101)
 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
    ns:328392 nr:0 dw:22352 dr:331093 al:12 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0
@mount
/dev/drbd0 /data ext4 rw,nosuid,nodev,noatime 0 0
@state
/dev/loop0 /run/nfsha/state ext4 rw,nosuid,nodev,noexec,noatime,nosymfollow 0 0
@fs-errors
0
@holders
mount /data/inner
process 12 (sh)
@stop-failed
@nfsd
8
@versions
-3 +4 +4.1 +4.2
@times
10
10
@tracking
nfsdcld
@scope
is nfsha-drbd
@daemons
arguments nfsdcld -s /run/nfsha/state/nfsdcld 
arguments /usr/sbin/rpc.mountd --state-directory-path /run/nfsha/nfs 
@exports
/data\t192.168.0.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,fsid=1,anonuid=65534,anongid=65534,sec=sys)
/srv\t*(ro)
@export-files
# Managed by nfsha-play.
/data 192.168.0.0/24(rw,sync,fsid=1)
@served
full
@space
Filesystem     1024-blocks   Used Available Capacity Mounted on
/dev/vda           6151776 544736   5276084      10% /
/dev/vda           6151776 544736   5276084      10% /
/dev/drbd0          305772     68    282772       1% /data
@inodes
Filesystem     Inodes IUsed  IFree IUse% Mounted on
/dev/vda       196608 11786 184822    6% /
/dev/vda       196608 11786 184822    6% /
/dev/drbd0      20496    15  20481    1% /data
@interfaces
auto em1
iface em1 inet static
    address 192.168.0.210/24
iface em2 inet static
    address 172.16.0.99/24
@fstab
# the root is mounted by the initrd
@sums
aaaa  /etc/exports
@system
debian 13
@packages
heartbeat hold installed 1:3.0.6-13
chrony unknown not-installed 
`

test('the output of an active node', () => {
  const state = parseService(recorded, vars)
  expect(state).toMatchObject({
    vipAt: 'em1/24',
    unplugged: ['em2'],
    nfs,
    daemons: ['nfsdcld -s /run/nfsha/state/nfsdcld', 'rpc.mountd --state-directory-path /run/nfsha/nfs'],
    exported: true,
    pending: [],
    foreignExports: ['/srv *'],
    maintenance: undefined,
    lock: '',
    boot: ['the boot does not give 172.16.0.210 to em2'],
    sums: { '/etc/exports': 'aaaa' },
    system: 'debian 13',
    versions: { heartbeat: '1:3.0.6-13' },
    readOnly: false,
    exposed: false,
    state: 'its own volume',
    holders: ['mount /data/inner', 'process 12 (sh)'],
  })
  expect(state.space).toEqual([
    { mount: '/', used: 10, inodes: 6, short: false },
    { mount: '/data', used: 1, inodes: 1, short: false },
  ])
})

test.each([
  ['a full disk', '6151776 6151776        0     100% /', '196608 11786 184822    6% /', true],
  ['15 MiB left of 6 GiB', '6151776 6136416    15360     100% /', '196608 11786 184822    6% /', true],
  ['16 MiB left of 6 GiB', '6151776 6135392    16384     100% /', '196608 11786 184822    6% /', false],
  ['a small tmpfs with 5 % left', '95828 91036 4792 95% /run', '122665 300 122365 1% /run', false],
  ['a small tmpfs with less', '95828 91037 4791 96% /run', '122665 300 122365 1% /run', true],
  ['no inode left', '6151776 544736 5276084 10% /', '196608 196608 0 100% /', true],
  ['one that does not count inodes', '6151776 544736 5276084 10% /', '0 0 0 - /', false],
])('short of space: %s', (_name, space, inodes, short) => {
  const text = `@space\nFilesystem 1024-blocks Used Available Capacity Mounted on\nx ${space}\n@inodes\nFilesystem Inodes IUsed IFree IUse% Mounted on\nx ${inodes}\n`
  expect(parseService(text, vars).space.map(d => d.short)).toEqual([short])
})

/** rpc.mountd's socket, and the kernel's line for it: state 0A is listening. */
const sockets = (state: string) => `lrwx------ 1 root root 64 Nov 26 07:40 5 -> socket:[18804]
   1: 00000000:4E50 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 18804 1 0 100 0 0 10 0
`

test.each<[string, string | RegExp, string, Partial<NamedState>]>([
  ['an empty marker', '@maintenance\n', '@maintenance\nmarked\n', { maintenance: '' }],
  ['a marker', '@maintenance\n', '@maintenance\nmarked\nnew disk\nmore\n', { maintenance: 'new disk' }],
  ['a lock', '@lock\n', '@lock\n4711\nroot@jump pid 1\n', { lock: 'root@jump pid 1' }],
  ['a lock whose owner is dead', '@lock\n', '@lock\n4711\n', { lock: '' }],
  ['exports that were not reloaded', 'fsid=1,anonuid', 'anonuid', { pending: ['reload exports'] }],
  ['a mountd as it is wanted', '@exports\n', `${sockets('01')}@exports\n`, { pending: [] }],
  [
    'a mountd with its export table on disk',
    / --state-directory-path \S+ \n@exports\n/,
    `\n${sockets('01')}@exports\n`,
    { pending: ['restart rpc.mountd'], daemons: ['nfsdcld -s /run/nfsha/state/nfsdcld', 'rpc.mountd'] },
  ],
  ['a mountd that serves version 3 still', '@exports\n', `${sockets('0A')}@exports\n`, { pending: ['restart rpc.mountd'] }],
  ['read-only', ' rw,nosuid,nodev,noatime 0', ' ro,noatime 0', { readOnly: true, exposed: true }],
  ['set-user-id files of clients count', 'rw,nosuid,nodev,noatime 0', 'rw,nodev,noatime 0', { exposed: true }],
  ['the state in the share', '/dev/loop0 /run', '/dev/drbd0 /run', { state: 'the share' }],
  ['the state in memory', '/dev/loop0 /run/nfsha/state ext4', 'nfsha /run/nfsha/state tmpfs', { state: 'memory' }],
  ['the state not mounted', /@state\n.*\n/, '@state\n', { state: '' }],
  ['fallen back', '@tracking\nnfsdcld\n', '@tracking\n', { nfs: { ...nfs, tracked: false } }],
  [
    'the address in the boot',
    '    address 192.168.0.210/24\n',
    '    address 192.168.0.210/24\n    up ip addr add 192.168.0.219/24 dev em1\niface em3 inet dhcp\n',
    { boot: ['the boot gives 192.168.0.219 to this node', 'the boot does not give 172.16.0.210 to em2'] },
  ],
  [
    'the mount in the boot',
    '# the root',
    '/dev/drbd0 /data ext4 defaults 0 0\n# the root',
    { boot: ['the boot does not give 172.16.0.210 to em2', 'the boot mounts /dev/drbd0 on /data'] },
  ],
])('%s', (_name, from, to, wanted) => {
  expect(recorded).toMatch(from)
  expect(parseService(recorded.replace(from, to), vars)).toMatchObject(wanted)
})

test('the marker of a started service is the file that the resource script writes', () => {
  const settings = readFileSync(packagedFile('roles/service/resource-script/shared/settings.sh'), 'utf8')
  const [memory, serving] = ['memory', 'serving'].map(name => new RegExp(`^${name}=(.*)$`, 'm').exec(settings)?.[1])
  expect(serving?.replace('$memory', memory ?? '')).toBe(servingMark)
})
