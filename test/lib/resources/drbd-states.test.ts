import { expect, test } from 'vitest'
import { drbdState, parseDrbdState } from '../../../lib/resources/drbd-state.ts'
import { parseDrbdStatus } from '../../../lib/resources/drbd-status.ts'
import { describeDevice, isSyncing, parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'

// Well-formed samples after the sources and manuals (drbd_proc.c of Linux, drbdsetup(8)), no recordings: for the states that a pair seldom shows.

const counters = '    ns:0 nr:0 dw:0 dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:512\n'
const one = (line: string, more = '') => {
  const [device] = parseProcDrbd(`version: 8.4.11 (api:1/proto:86-101)\nsrcversion: 0\n 0: ${line}\n${counters}${more}`).devices
  if (!device) throw new Error(line)
  return device
}

test.each([
  [
    'split brain, and after disconnect',
    'cs:StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown   r-----',
    'StandAlone Primary/Unknown UpToDate/DUnknown',
    'r-----',
    false,
  ],
  [
    'I/O suspended by fencing',
    'cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C s-----',
    'WFConnection Primary/Unknown UpToDate/DUnknown',
    's-----',
    false,
  ],
  [
    'disk detached',
    'cs:Connected ro:Secondary/Primary ds:Diskless/UpToDate C r-----',
    'Connected Secondary/Primary Diskless/UpToDate',
    'r-----',
    false,
  ],
  [
    'disk failing',
    'cs:Connected ro:Primary/Secondary ds:Failed/UpToDate C r-----',
    'Connected Primary/Secondary Failed/UpToDate',
    'r-----',
    false,
  ],
  [
    'outdated by the peer',
    'cs:WFConnection ro:Secondary/Unknown ds:Outdated/DUnknown C r-----',
    'WFConnection Secondary/Unknown Outdated/DUnknown',
    'r-----',
    false,
  ],
  [
    'paused by the operator',
    'cs:PausedSyncS ro:Primary/Secondary ds:UpToDate/Inconsistent C r--u--',
    'PausedSyncS Primary/Secondary UpToDate/Inconsistent',
    'r--u--',
    true,
  ],
  [
    'paused by the peer',
    'cs:PausedSyncT ro:Secondary/Primary ds:Inconsistent/UpToDate C r-p---',
    'PausedSyncT Secondary/Primary Inconsistent/UpToDate',
    'r-p---',
    true,
  ],
  [
    'exchanging bitmaps',
    'cs:WFBitMapS ro:Primary/Secondary ds:UpToDate/Consistent C r-----',
    'WFBitMapS Primary/Secondary UpToDate/Consistent',
    'r-----',
    true,
  ],
  [
    'protocol A',
    'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate A r-----',
    'Connected Primary/Secondary UpToDate/UpToDate',
    'r-----',
    false,
  ],
])('/proc/drbd: %s', (_name, line, text, flags, syncing) => {
  const device = one(line)
  expect(describeDevice(device)).toBe(text)
  expect(device.flags).toBe(flags)
  expect(device.outOfSync).toBe(512)
  expect(isSyncing(device)).toBe(syncing)
})

test('/proc/drbd: a small device has its amounts in K and the rest of the line below', () => {
  const more = `\t[==>.................] sync'ed: 18.2% (268288/327640)K
\tfinish: 0:00:21 speed: 12,288 (12,288) want: 10,240 K/sec\n`
  const device = one('cs:SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate C r-----', more)
  expect(device.sync).toEqual({ percent: 18.2, speed: 12288 * 1024, remaining: 21 })
})

test('/proc/drbd: a verification runs', () => {
  const more = `\t[=======>............] verified: 40.5% (195072/327640)K
\tfinish: 1:00:07 speed: 1,234,567 (99,328) want: 0 K/sec\n`
  const device = one('cs:VerifyS ro:Primary/Secondary ds:UpToDate/UpToDate C r-----', more)
  expect(device.sync).toEqual({ percent: 40.5, speed: 1234567 * 1024, remaining: 3607 })
  expect(isSyncing(device)).toBe(true)
})

const peer = { name: 'peer', connection: 'Connected', role: 'Secondary', replication: 'Established', disk: 'UpToDate' }
test.each([
  [
    '8.4: serves',
    'drbd role:Primary\n  disk:UpToDate\n  peer role:Secondary\n    replication:Established peer-disk:UpToDate\n',
    'Primary',
    'UpToDate',
    peer,
  ],
  [
    '8.4: waits for its peer',
    'drbd role:Secondary\n  disk:UpToDate\n  peer connection:Connecting\n',
    'Secondary',
    'UpToDate',
    { name: 'peer', connection: 'Connecting', role: 'Unknown', replication: '', disk: 'DUnknown' },
  ],
  [
    '9: serves, what is as it should be is left out',
    'drbd role:Primary\n  disk:UpToDate open:no\n  M2.redhat.sx role:Secondary\n    peer-disk:UpToDate\n\n',
    'Primary',
    'UpToDate',
    { ...peer, name: 'M2.redhat.sx' },
  ],
  [
    '9: synchronises',
    'drbd role:Secondary\n  disk:Inconsistent\n  M1.redhat.sx role:Primary\n    replication:SyncTarget peer-disk:UpToDate done:6.13\n',
    'Secondary',
    'Inconsistent',
    { name: 'M1.redhat.sx', connection: 'Connected', role: 'Primary', replication: 'SyncTarget', disk: 'UpToDate', done: 6.13 },
  ],
  [
    '9: split brain',
    'drbd role:Primary\n  disk:UpToDate\n  M2.redhat.sx connection:StandAlone\n',
    'Primary',
    'UpToDate',
    { name: 'M2.redhat.sx', connection: 'StandAlone', role: 'Unknown', replication: '', disk: 'DUnknown' },
  ],
  [
    '9: diskless, verbose with statistics',
    `drbd node-id:0 role:Secondary suspended:no
    write-ordering:flush
  volume:0 minor:0 disk:Diskless client:no quorum:yes
      size:327640 read:0 written:0 al-writes:0 bm-writes:0 upper-pending:0 lower-pending:0 al-suspended:no blocked:no
  M2.redhat.sx node-id:1 connection:Connected role:Primary congested:no ap-in-flight:0 rs-in-flight:0
    volume:0 replication:Established peer-disk:UpToDate resync-suspended:no
        received:0 sent:0 out-of-sync:24 pending:0 unacked:0
`,
    'Secondary',
    'Diskless',
    { name: 'M2.redhat.sx', connection: 'Connected', role: 'Primary', replication: 'Established', disk: 'UpToDate', outOfSync: 24 },
  ],
])('drbdadm status, %s', (_name, text, role, disk, other) => {
  expect(parseDrbdStatus(text)).toMatchObject([{ resource: 'drbd', role, disk, suspended: false, peers: [other] }])
})

test('drbdadm status of two resources, one of them suspended', () => {
  const read = parseDrbdStatus('a role:Primary suspended:no-data\n  disk:Diskless\n\nb role:Secondary\n  disk:UpToDate\n')
  expect(read.map(r => [r.resource, r.suspended, r.disk, r.peers.length])).toEqual([
    ['a', true, 'Diskless', 0],
    ['b', false, 'UpToDate', 0],
  ])
})

const nine = (status: string) => `version: 9.2.2 (api:2/proto:86-121)
GIT-hash: 0 build by root@M1, 2023-01-01 00:00:00
Transports (api:18): tcp (9.2.2)

${status}`
const verbose = ({
  suspended = 'no',
  role = 'Secondary',
  connection = 'Connected',
  replication = 'Established',
  disk = 'UpToDate',
  oos = 0,
}) =>
  nine(`drbd node-id:0 role:${role} suspended:${suspended}
    write-ordering:flush
  volume:0 minor:3 disk:${disk} client:no quorum:yes open:no
      size:327640 read:0 written:0 al-writes:0 bm-writes:0 upper-pending:0 lower-pending:0 al-suspended:no blocked:no
  M2.redhat.sx node-id:1 connection:${connection} role:${connection === 'Connected' ? 'Primary' : 'Unknown'} congested:no ap-in-flight:0 rs-in-flight:0
    volume:0 replication:${replication} peer-disk:${connection === 'Connected' ? 'UpToDate' : 'DUnknown'} resync-suspended:no
        received:0 sent:0 out-of-sync:${oos} pending:0 unacked:0
`)

test.each([
  ['serves the peer', verbose({}), 'Connected Secondary/Primary UpToDate/UpToDate r----- 0'],
  [
    'synchronises',
    verbose({ replication: 'SyncTarget', disk: 'Inconsistent', oos: 2048 }),
    'SyncTarget Secondary/Primary Inconsistent/UpToDate r----- 2048',
  ],
  [
    'waits for its peer, I/O suspended',
    verbose({ connection: 'Connecting', replication: 'Off', role: 'Primary', suspended: 'quorum', oos: 24 }),
    'WFConnection Primary/Unknown UpToDate/DUnknown s----- 24',
  ],
  [
    'split brain',
    verbose({ connection: 'StandAlone', replication: 'Off', role: 'Primary' }),
    'StandAlone Primary/Unknown UpToDate/DUnknown r----- 0',
  ],
])('the state of DRBD 9, in the words of 8.4: %s', (_name, text, wanted) => {
  const device = parseDrbdState(text, 3)
  expect(device && `${describeDevice(device)} ${device.flags} ${device.outOfSync}`).toBe(wanted)
  expect(parseDrbdState(text, 0)).toBeUndefined()
})

test('the state of DRBD 8.4 is what /proc/drbd says; drbdsetup is not asked', () => {
  const line = 'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----'
  const text = `version: 8.4.11 (api:1/proto:86-101)\nsrcversion: 0\n 0: ${line}\n${counters}`
  expect(parseDrbdState(text, 0)).toEqual(one(line))
  expect(parseDrbdState(nine('# No currently configured DRBD found.\n'), 0)).toBeUndefined()
  expect(drbdState).toMatch(/case \$v in 'version: 9'\*\)/)
})
