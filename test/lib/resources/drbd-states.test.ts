import { expect, test } from 'vitest'
import { parseDrbdEvents } from '../../../lib/resources/drbd-events.ts'
import { drbdState, parseDrbdState } from '../../../lib/resources/drbd-state.ts'
import { describeDevice, isSyncing, parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'

// Samples derived from the sources and manuals (drbd_proc.c of Linux, drbdsetup(8)), not recordings: for states that are rare in a pair.

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

test('/proc/drbd: a small device has its amounts in K, and the rest of the line below', () => {
  const more = `\t[==>.................] sync'ed: 18.2% (268288/327640)K
\tfinish: 0:00:21 speed: 12,288 (12,288) want: 10,240 K/sec\n`
  const device = one('cs:SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate C r-----', more)
  expect(device.sync).toEqual({ percent: 18.2, speed: 12288 * 1024, remaining: 21 })
})

test('/proc/drbd: a running verification', () => {
  const more = `\t[=======>............] verified: 40.5% (195072/327640)K
\tfinish: 1:00:07 speed: 1,234,567 (99,328) want: 0 K/sec\n`
  const device = one('cs:VerifyS ro:Primary/Secondary ds:UpToDate/UpToDate C r-----', more)
  expect(device.sync).toEqual({ percent: 40.5, speed: 1234567 * 1024, remaining: 3607 })
  expect(isSyncing(device)).toBe(true)
})

test('drbdsetup events2 of 8.4 and of 9', () => {
  const old = parseDrbdEvents(`exists resource name:drbd role:Secondary suspended:no
exists connection name:drbd local:ipv4:172.16.100.210:7789 peer:ipv4:172.16.100.211:7789 connection:Connected role:Secondary
exists device name:drbd volume:0 minor:0 disk:UpToDate
exists peer-device name:drbd local:ipv4:172.16.100.210:7789 peer:ipv4:172.16.100.211:7789 volume:0 replication:Established peer-disk:UpToDate resync-suspended:no
exists -
change resource name:drbd role:Primary
`)
  expect(old.map(e => `${e.kind} ${e.object}`)).toEqual([
    'exists resource',
    'exists connection',
    'exists device',
    'exists peer-device',
    'exists -',
    'change resource',
  ])
  expect(old[1]?.values).toMatchObject({ local: 'ipv4:172.16.100.210:7789', connection: 'Connected' })
  const [change, helper] =
    parseDrbdEvents(`2026-03-27T08:28:17.072611+00:00 change connection name:drbd peer-node-id:1 conn-name:M2 connection:StandAlone
call helper name:drbd peer-node-id:1 conn-name:M2 helper:split-brain
`)
  expect(change).toEqual({
    kind: 'change',
    object: 'connection',
    values: { name: 'drbd', 'peer-node-id': '1', 'conn-name': 'M2', connection: 'StandAlone' },
  })
  expect(helper).toMatchObject({ kind: 'call', object: 'helper', values: { helper: 'split-brain' } })
})

const nine = (events: string) => `version: 9.2.2 (api:2/proto:86-121)
GIT-hash: 0 build by root@M1, 2023-01-01 00:00:00
Transports (api:18): tcp (9.2.2)
${events}`
const events = ({
  suspended = 'no',
  role = 'Secondary',
  connection = 'Connected',
  replication = 'Established',
  disk = 'UpToDate',
  oos = 0,
}) =>
  nine(`exists resource name:other role:Primary suspended:no
exists device name:other volume:0 minor:1 backing_dev:/dev/vdc disk:UpToDate
exists resource name:drbd role:${role} suspended:${suspended} write-ordering:flush
exists connection name:drbd peer-node-id:1 conn-name:M2.redhat.sx connection:${connection} role:${connection === 'Connected' ? 'Primary' : 'Unknown'} congested:no
exists device name:drbd volume:0 minor:3 backing_dev:/dev/vdb disk:${disk} client:no quorum:yes open:no size:327640
exists peer-device name:drbd peer-node-id:1 conn-name:M2.redhat.sx volume:0 replication:${replication} peer-disk:${connection === 'Connected' ? 'UpToDate' : 'DUnknown'} resync-suspended:no out-of-sync:${oos}
exists -
`)

test.each([
  ['is the standby', events({}), 'Connected Secondary/Primary UpToDate/UpToDate r----- 0'],
  [
    'synchronises',
    events({ replication: 'SyncTarget', disk: 'Inconsistent', oos: 2048 }),
    'SyncTarget Secondary/Primary Inconsistent/UpToDate r----- 2048',
  ],
  [
    'waiting for its peer, I/O suspended',
    events({ connection: 'Connecting', replication: 'Off', role: 'Primary', suspended: 'quorum', oos: 24 }),
    'WFConnection Primary/Unknown UpToDate/DUnknown s----- 24',
  ],
  [
    'split brain',
    events({ connection: 'StandAlone', replication: 'Off', role: 'Primary', oos: 40 }),
    'StandAlone Primary/Unknown UpToDate/DUnknown r----- 40',
  ],
])('the state of DRBD 9, in the terms of 8.4: %s', (_name, text, wanted) => {
  const device = parseDrbdState(text, 3)
  expect(device && `${describeDevice(device)} ${device.flags} ${device.outOfSync}`).toBe(wanted)
  expect(parseDrbdState(text, 0)).toBeUndefined()
})

test('the state of DRBD 8.4 comes from /proc/drbd; drbdsetup is not called', () => {
  const line = 'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----'
  const text = `version: 8.4.11 (api:1/proto:86-101)\nsrcversion: 0\n 0: ${line}\n${counters}`
  expect(parseDrbdState(text, 0)).toEqual(one(line))
  expect(parseDrbdState(nine('exists -\n'), 0)).toBeUndefined()
  expect(drbdState).toMatch(/case \$v in 'version: 9'\*\)/)
})
