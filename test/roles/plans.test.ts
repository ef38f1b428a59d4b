import { expect, test } from 'vitest'
import { packageChanges } from '../../lib/resources/package-manager.ts'
import { parsePackages } from '../../lib/resources/packages.ts'
import { parseProcDrbd } from '../../lib/resources/proc-drbd.ts'
import { present } from '../../lib/resources/reading.ts'
import type { Member } from '../../lib/resources/resource.ts'
import { serviceChanges } from '../../lib/resources/service.ts'
import { parseAdjust } from '../../roles/drbd-init/adjust.ts'
import { parseSuperblock } from '../../roles/drbd-init/file-system.ts'
import type { Replica } from '../../roles/drbd-init/first-sync.ts'
import { compareReplicas } from '../../roles/drbd-init/first-sync.ts'
import { parseRules } from '../../roles/service/checks/firewall.ts'
import { milliseconds } from '../../roles/service/heartbeat-time.ts'
import { missingOptions } from '../../roles/service/nfs/reload.ts'
import type { Vars } from '../../roles/vars.ts'
import { expectVerdict } from './verdicts.ts'

// Input: actual and desired state. Output: changes. Needs no machine.

const device = (text: string) => {
  const [found] = parseProcDrbd(` 0: cs:${text} C r-----\n    oos:0\n`).devices
  if (!found) throw new Error(text)
  return found
}
const members = (text: string, { justCreated = true, size = 2 ** 28 } = {}): Member<Replica>[] =>
  ['M1', 'M2'].map(host => ({ host, reading: present({ device: device(text), justCreated, size }) }))

const fresh = 'Connected ro:Secondary/Secondary ds:Inconsistent/Inconsistent'
const syncing = 'SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent'
test.each<[string, Member<Replica>[], 'auto' | 'sync' | 'serve', RegExp | number]>([
  ['just created on both: synchronise', members(fresh), 'auto', 1],
  ['Inconsistent with a history: refused', members(fresh, { justCreated: false }), 'auto', /not new: it is not known which data is good/],
  ['done', members('Connected ro:Primary/Secondary ds:UpToDate/UpToDate', { justCreated: false }), 'auto', 0],
  [
    'an unreachable peer is not a first synchronisation',
    members('WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown', { justCreated: false }),
    'sync',
    0,
  ],
  ['running: waits', members(syncing, { justCreated: false }), 'auto', 1],
  ['running, large device: serves meanwhile', members(syncing, { justCreated: false, size: 2 ** 40 }), 'auto', 0],
  ['running, with drbd_init_wait: serve', members(syncing, { justCreated: false }), 'serve', 0],
])('first synchronisation: %s', (_name, actual, wait, wanted) => {
  expectVerdict(compareReplicas(actual, wait), wanted)
})

test.each([
  ['absent', 'dpkg-query: no packages found matching x\n', ['x not installed -> installed', 'x version  -> held']],
  ['installed', 'x install installed 1.0\n', ['x version 1.0, not held -> held']],
  ['held', 'x hold installed 1.0\n', []],
  ['removed, with configuration left', 'x deinstall config-files 1.0\n', ['x not installed -> installed', 'x version  -> held']],
])('package %s', (_name, stdout, wanted) => {
  expect(packageChanges(parsePackages(['x'], stdout), ['x']).map(c => `${c.attribute} ${c.from} -> ${c.to}`)).toEqual(wanted)
})

test.each([
  [{ loaded: 'loaded', active: 'inactive', enabled: 'enabled' }, { enabled: false }, ['boot enabled -> disabled']],
  [{ loaded: 'loaded', active: 'active', enabled: 'enabled' }, { enabled: true, running: true }, []],
  [{ loaded: 'not-found', active: 'inactive', enabled: '' }, { masked: true }, ['masked no -> yes']],
  [{ loaded: 'masked', active: 'inactive', enabled: 'masked' }, { masked: true }, []],
  [{ loaded: 'loaded', active: 'activating', enabled: 'static' }, { running: true }, []],
])('service %j wanted %j', (state, options, wanted) => {
  expect(serviceChanges(state, options).map(c => `${c.attribute} ${c.from} -> ${c.to}`)).toEqual(wanted)
})

test.each([
  ['nothing', '', false],
  ['an open nft ruleset', 'table inet filter {\n chain input { type filter hook input priority 0; policy accept; }\n}', false],
  ['nft that drops', 'table inet filter {\n chain input { type filter hook input priority 0; policy drop; }\n}', true],
  ['iptables that drops', '*filter\n:INPUT DROP [0:0]\n', true],
  ['iptables with a reject at the end', '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j REJECT\n', true],
])('firewall: %s', (_name, text, closes) => expect(parseRules(text).closes).toBe(closes))

test('the commands of an adjust are separated from its comments', () => {
  expect(parseAdjust('# resource drbd\ndrbdsetup-84 attach 0 /dev/vdb\n\n ; nothing\n')).toEqual(['drbdsetup-84 attach 0 /dev/vdb'])
})

const superblock = ({ magic = 0xef53, incompat = 0x2c2, mounts = -1, interval = 0 }) => {
  const bytes = Buffer.alloc(128)
  bytes.writeUInt32LE(1000, 0)
  bytes.writeInt16LE(mounts, 0x36)
  bytes.writeUInt16LE(magic, 0x38)
  bytes.writeUInt32LE(interval, 0x44)
  bytes.writeUInt32LE(incompat, 0x60)
  return bytes
}
test.each([
  ['nothing', Buffer.alloc(128), { type: '', checks: false }],
  ['ext4', superblock({}), { type: 'ext4', checks: false }],
  ['ext4 that checks every 21 mounts', superblock({ mounts: 21 }), { type: 'ext4', checks: true }],
  ['ext4 that checks every 180 days', superblock({ interval: 15552000 }), { type: 'ext4', checks: true }],
  ['ext3', superblock({ incompat: 0x2 }), { type: 'an older ext file system', checks: false }],
  ['something else', superblock({ magic: 0x1234 }), { type: 'something that is not ext4', checks: false }],
])('superblock: %s', (_name, bytes, wanted) => expect(parseSuperblock(bytes)).toEqual(wanted))

test('exports are compared option by option', () => {
  const vars = {
    nfs_export_path: '/data',
    nfs_export_network: '192.168.0.0/24',
    nfs_export_options: 'rw,sync',
    nfs_fsid: 1,
    ha_stack: 'lean',
  } as Vars
  expect(missingOptions('/data  192.168.0.0/24(sync,wdelay,hide,no_subtree_check,fsid=1,sec=sys,rw,secure)\n', vars)).toEqual([])
  expect(missingOptions('/data  192.168.0.0/24(sync,fsid=2,ro)\n', vars)).toEqual(['rw', 'fsid=1'])
  expect(missingOptions('', vars)).toEqual(['rw', 'sync', 'fsid=1'])
})

test("heartbeat's times", () => expect(['2', '250ms', '0.5'].map(milliseconds)).toEqual([2000, 250, 500]))
