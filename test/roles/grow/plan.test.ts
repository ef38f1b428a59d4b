import fc from 'fast-check'
import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { Ext4Size } from '../../../lib/resources/ext4-size.ts'
import type { Plan } from '../../../lib/resources/resource.ts'
import { planGrow } from '../../../roles/grow/plan.ts'
import { sizesOf } from '../../../roles/grow/sizes.ts'
import type { NamedNode, Volume } from '../../../roles/grow/state.ts'
import { sizesTable } from '../../../roles/grow/table.ts'
import type { Context } from '../../../roles/role.ts'
import { dataBytes } from '../../../roles/service/drbd/adoption.ts'
import { runs } from '../../runs.ts'
import { contextOn } from '../contexts.ts'
import { activeState, deviceOf, nodeState } from '../pair-states.ts'
import { scriptedNodes } from '../scripted-nodes.ts'

const MiB = 2 ** 20
const before = 320 * MiB
const after = 384 * MiB
const fileSystem = (bytes: number): Ext4Size => ({
  blockSize: 4096,
  blocks: bytes / 4096,
  blocksPerGroup: 32768,
  inodesPerGroup: 6832,
  inodeSize: 256,
  descriptorSize: 64,
  reservedDescriptorBlocks: 39,
  wide: true,
  errors: false,
})
const sized = { disk: '/dev/vdb', diskSize: before, deviceSize: dataBytes(before), volume: undefined, fileSystem: undefined }
const m1 = (state: Partial<NamedNode> = {}): NamedNode => ({
  ...activeState(state),
  ...sized,
  fileSystem: fileSystem(dataBytes(before)),
  fileSystemErrors: 0,
  readOnly: false,
  ...state,
})
const m2 = (state: Partial<NamedNode> = {}): NamedNode => ({ ...nodeState({ host: 'M2', ...state }), ...sized, host: 'M2', ...state })
/** Both nodes with the same sizes. */
const both = (state: Partial<NamedNode>): NamedNode[] => [m1(state), m2({ ...state, fileSystem: undefined })]

const contexts = new Map<string, Context>()
const contextWith = (extra: string[]): Context => {
  const known = contexts.get(extra.join(' ')) ?? contextOn(debian12, {}, 'ha_stack=lean', ...extra)
  contexts.set(extra.join(' '), known)
  return known
}
const planned = (nodes: NamedNode[], done: string[] = [], ...extra: string[]) => planGrow(nodes, done, contextWith(extra))
const names = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan.kind === 'refused' ? plan.why : plan.kind)

const resize = 'resize /dev/drbd0'
const copy = 'copy the new space'
const extend = 'grow the file system'

test('nothing was enlarged: nothing is done', () => {
  expect(names(planned([m1(), m2()]))).toEqual([])
})

test('both disks were enlarged: DRBD, the copy of the new space, the file system', () => {
  expect(names(planned(both({ diskSize: after })))).toEqual([resize, copy, extend])
  expect(names(planned(both({ diskSize: after }), [], 'drbd_grow_assume_clean=true'))).toEqual([resize, extend])
})

test('check mode shows the sizes, and what the copy means for the pair', () => {
  const plan = planned(both({ diskSize: after }))
  expect(plan.kind === 'steps' && plan.steps.flatMap(s => s.changes)).toEqual([
    { attribute: '/dev/drbd0', from: '320 MiB (335495168 bytes)', to: '384 MiB (402604032 bytes)' },
    { attribute: 'new space on M2', from: '64 MiB, not in sync yet', to: 'copied from M1; M2 cannot take over until then' },
    { attribute: 'file system of /data', from: '320 MiB (335495168 bytes)', to: '384 MiB (402604032 bytes)' },
  ])
})

test('two disks that were enlarged by different amounts: grown to what both have', () => {
  expect(names(planned([m1({ diskSize: after }), m2({ diskSize: after + 32 * MiB })]))).toEqual([resize, copy, extend])
})

test.each(['M1', 'M2'])('only the disk of %s was not enlarged: reported, with how much is missing', host => {
  const nodes = [m1({ diskSize: host === 'M1' ? before : after }), m2({ diskSize: host === 'M2' ? before : after })]
  expect(names(planned(nodes))).toBe(
    `the share cannot grow beyond the smaller disk, /dev/vdb of ${host}: it has 320 MiB (335544320 bytes), /dev/vdb of ${host === 'M1' ? 'M2' : 'M1'} 384 MiB (402653184 bytes). Enlarge it by 64 MiB (67108864 bytes), and run this again`,
  )
})

const copying = (connection = 'Sync') => [
  m1({
    diskSize: after,
    deviceSize: dataBytes(after),
    device: deviceOf(`${connection}Source ro:Primary/Secondary ds:UpToDate/Inconsistent`, 'r-----', 60_000),
  }),
  m2({
    diskSize: after,
    deviceSize: dataBytes(after),
    device: deviceOf(`${connection}Target ro:Secondary/Primary ds:Inconsistent/UpToDate`, 'r-----', 60_000),
  }),
]

test('interrupted after DRBD was resized: the copy continues, then the file system', () => {
  expect(names(planned(copying()))).toEqual([copy, extend])
  expect(names(planned(both({ diskSize: after, deviceSize: dataBytes(after) })))).toEqual([extend])
})

test('after the last step the copy may still be in progress, and is waited for', () => {
  const grown = copying().map(n => ({ ...n, fileSystem: n.fileSystem && fileSystem(dataBytes(after)) }))
  expect(names(planned(grown, [resize, extend]))).toEqual([copy])
  expect(names(planned(both({ diskSize: after, deviceSize: dataBytes(after), fileSystem: fileSystem(dataBytes(after)) })))).toEqual([])
})

test('disks of different sizes: grown to what both have, and the difference does not fail that run', () => {
  const sizes = { deviceSize: dataBytes(after) }
  const grown = [m1({ ...sizes, diskSize: after, fileSystem: fileSystem(dataBytes(after)) }), m2({ ...sizes, diskSize: after + 32 * MiB })]
  expect(names(planned(grown, [resize, extend]))).toEqual([])
})

const down = { device: undefined, deviceSize: 0 }
test.each<[string, NamedNode[], RegExp]>([
  ['no node serves', both({ diskSize: after, vip: false }), /the service is on no node/],
  ['both serve', both({ diskSize: after, vip: true }), /the service is on both nodes/],
  ['a hand-over is in progress', [m1({ diskSize: after, stable: false }), m2({ diskSize: after })], /a hand-over is under way on M1/],
  ['maintenance', [m1({ diskSize: after }), m2({ diskSize: after, maintenance: 'M2' })], /the pair is in maintenance \(M2\)/],
  [
    'the nodes are not connected',
    [m1({ diskSize: after, device: deviceOf('WFConnection ro:Primary/Unknown ds:UpToDate/Outdated') }), m2({ diskSize: after })],
    /DRBD on M1 is WFConnection .*: both copies must be connected and UpToDate/,
  ],
  [
    'split brain',
    [m1({ diskSize: after, device: deviceOf('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') }), m2({ diskSize: after })],
    /DRBD is StandAlone on M1 .*split-brain\.yml/,
  ],
  [
    'a disk has failed',
    [
      m1({ diskSize: after }),
      m2({ diskSize: after, deviceSize: 0, device: deviceOf('Connected ro:Secondary/Primary ds:Diskless/UpToDate') }),
    ],
    /DRBD has no disk on M2/,
  ],
  ['DRBD is down', [m1({ diskSize: after }), m2({ diskSize: after, ...down })], /DRBD has no device on M2\. On M2: drbdadm adjust/],
  [
    'I/O is suspended',
    [m1({ diskSize: after, device: deviceOf('Connected ro:Primary/Secondary ds:UpToDate/UpToDate', 's-----') }), m2({ diskSize: after })],
    /DRBD has suspended I\/O on M1/,
  ],
  ['a resync is in progress', copying().map(n => ({ ...n, deviceSize: dataBytes(before) })), /DRBD is busy on M1 \(SyncSource/],
  [
    'a verify is in progress, and the file system must grow',
    copying('Verify').map(n => ({ ...n, device: deviceOf('VerifyS ro:Primary/Secondary ds:UpToDate/UpToDate') })),
    /DRBD is busy on M1 \(VerifyS/,
  ],
  ['not mounted', [m1({ diskSize: after, mounted: false }), m2({ diskSize: after })], /not mounted on M1/],
  ['read-only', [m1({ diskSize: after, readOnly: true }), m2({ diskSize: after })], /mounted read-only on M1/],
  ['errors in the running file system', [m1({ diskSize: after, fileSystemErrors: 2 }), m2({ diskSize: after })], /has errors/],
  [
    'errors in its superblock',
    [m1({ diskSize: after, fileSystem: { ...fileSystem(dataBytes(before)), errors: true } }), m2({ diskSize: after })],
    /has errors/,
  ],
])('%s: nothing is grown', (_name, nodes, why) => {
  expect(names(planned(nodes))).toMatch(/^nothing is grown: /)
  expect(names(planned(nodes))).toMatch(why)
})

test('a disk that was shrunk is reported, whatever else there is to do', () => {
  expect(names(planned([m1(), m2({ diskSize: before - 64 * MiB })]))).toMatch(/\/dev\/vdb of M2 has 256 MiB .*it was shrunk/)
})

test('a device that is smaller than its file system is reported', () => {
  expect(names(planned([m1({ fileSystem: fileSystem(dataBytes(after)) }), m2()]))).toMatch(
    /the file system has 384 MiB .*more than the device below it, 320 MiB/,
  )
})

test('unreadable sizes are not treated as nothing to do', () => {
  expect(names(planned([m1({ diskSize: 0 }), m2()]))).toMatch(/the size of \/dev\/vdb on M1 cannot be read/)
  expect(names(planned([m1({ fileSystem: undefined }), m2()]))).toMatch(/no ext4 was found on \/dev\/drbd0 of M1/)
  expect(names(planned([m1(), m2(down)]))).toMatch(/DRBD has no device on M2/)
})

test('16 TiB without the 64bit feature', () => {
  const wide = { ...fileSystem(8 * 2 ** 40), wide: false, descriptorSize: 32 }
  const large = { diskSize: 20 * 2 ** 40, deviceSize: 8 * 2 ** 40 }
  expect(names(planned([m1({ ...large, fileSystem: wide }), m2(large)]))).toMatch(/lacks the 64bit feature and is limited to 16 TiB/)
})

const lvm = (size: string) => JSON.stringify({ drbd_init_lvm: { group: 'vg', volume: 'nfs', size, disk: '/dev/sdb' } })
const volume = (state: Partial<Volume> = {}): Volume => ({ size: before, extent: 4 * MiB, free: 100 * MiB, diskHasGrown: false, ...state })

test('a larger drbd_init_lvm.size: both volumes first, beginning with that of the standby', () => {
  expect(names(planned(both({ volume: volume() }), [], lvm('384M')))).toEqual([
    'extend vg/nfs on M2',
    'extend vg/nfs on M1',
    resize,
    copy,
    extend,
  ])
  expect(names(planned(both({ volume: volume() }), [], lvm('100%FREE')))).toHaveLength(5)
})

test('the same size, or one that rounds to it: nothing to do', () => {
  expect(names(planned(both({ volume: volume() }), [], lvm('320M')))).toEqual([])
  expect(names(planned(both({ volume: volume({ free: 0 }) }), [], lvm('100%FREE')))).toEqual([])
  expect(names(planned(both({ volume: volume({ size: 320 * MiB, extent: 64 * MiB }) }), [], lvm('257M')))).toEqual([])
})

test('killed between the two volumes: the other one follows', () => {
  const nodes = [m1({ volume: volume() }), m2({ diskSize: after, volume: volume({ size: after }) })]
  expect(names(planned(nodes, [], lvm('384M')))).toEqual(['extend vg/nfs on M1', resize, copy, extend])
})

test('a group without enough space, and a size that would shrink the volume, are refused with advice', () => {
  expect(names(planned([m1({ volume: volume() }), m2({ volume: volume({ free: 16 * MiB }) })], [], lvm('384M')))).toMatch(
    /M2: vg\/nfs is to have 384 MiB .*its group lacks 48 MiB: enlarge \/dev\/sdb, or add a disk \(vgextend vg\)/,
  )
  expect(names(planned(both({ volume: volume() }), [], lvm('200M')))).toMatch(/a volume is never shrunk/)
  expect(names(planned([m1({ volume: volume() }), m2()], [], lvm('384M')))).toMatch(/M2: there is no volume vg\/nfs/)
})

test('the table: all sizes, current and possible', () => {
  const table = (nodes: NamedNode[]) =>
    sizesTable(
      sizesOf(nodes, () => contextWith([]).vars),
      'nfs',
      contextWith([]).vars,
    )
  expect(table([m1(), m2()])).toEqual({
    title: 'nfs: nothing has been enlarged',
    columns: ['', 'now', 'grown'],
    rows: [
      ['/dev/vdb of M1', '320 MiB (335544320 bytes)', 'the same'],
      ['/dev/vdb of M2', '320 MiB (335544320 bytes)', 'the same'],
      ['/dev/drbd0', '320 MiB (335495168 bytes)', 'the same'],
      ['file system of /data', '320 MiB (335495168 bytes)', 'the same'],
    ],
  })
  expect(table(both({ diskSize: after })).title).toBe('nfs: the share can grow by 64 MiB')
  expect(table(both({ diskSize: after })).rows[2]).toEqual(['/dev/drbd0', '320 MiB (335495168 bytes)', '384 MiB (402604032 bytes)'])
  expect(table([m1({ diskSize: after }), m2()]).title).toBe('nfs: only the disk of M1 has room for more')
  expect(table([m1(), m2(down)]).rows[2]).toEqual(['/dev/drbd0', 'not known', 'the same'])
})

const run = async (nodes: NamedNode[], step: number, ...extra: string[]) => {
  const { nodes: on, scripts, remarks } = scriptedNodes()
  const plan = planned(nodes, [], ...extra)
  if (plan.kind === 'steps') await plan.steps[step]?.run(on)
  return { script: scripts.join('\n'), remarks }
}

test('DRBD is resized on the Primary, after a check of both copies; without copying only when requested', async () => {
  const { script } = await run(both({ diskSize: after }), 0)
  expect(script).toMatch(
    /^M1: [\s\S]*grep '\^ \*0: cs:Connected ro:Primary\/Secondary ds:UpToDate\/UpToDate '[\s\S]*\ndrbdadm resize drbd\n/,
  )
  expect((await run(both({ diskSize: after }), 0, 'drbd_grow_assume_clean=true')).script).toContain(
    '\ndrbdadm -- --assume-clean resize drbd\n',
  )
})

test('the file system is grown where it is mounted, and the result contains its size', async () => {
  const { script, remarks } = await run(both({ diskSize: after, deviceSize: dataBytes(after) }), 0)
  expect(script).toMatch(/^M1: [\s\S]*\nresize2fs \/dev\/drbd0$/)
  expect(remarks).toEqual(['/data has 384 MiB (402604032 bytes) now'])
})

test('a volume is extended to whole extents, after its group if the disk has grown', async () => {
  const nodes = both({ volume: volume({ diskHasGrown: true }) })
  expect((await run(nodes, 0, lvm('382M'))).script).toMatch(/^M2: [\s\S]*pvresize '\/dev\/sdb'\nlvextend -L 402653184b 'vg\/nfs'$/)
  expect((await run(both({ volume: volume() }), 1, lvm('382M'))).script).not.toContain('pvresize')
})

test('whatever the sizes: nothing shrinks, nothing grows beyond the smaller disk, and a second run finds nothing to do', () => {
  const size = fc.integer({ min: 320, max: 4000 }).map(mib => mib * MiB)
  fc.assert(
    fc.property(size, size, (one, other) => {
      const nodes = [m1({ diskSize: one }), m2({ diskSize: other })]
      const { device, fileSystem: fs } = sizesOf(nodes, () => contextWith([]).vars)
      expect(device.grown).toBeGreaterThanOrEqual(device.now)
      expect(device.grown).toBeLessThanOrEqual(Math.min(dataBytes(one), dataBytes(other)))
      expect(fs.grown).toBeGreaterThanOrEqual(fs.now)
      expect(fs.grown).toBeLessThanOrEqual(device.grown)
      const grown = { deviceSize: device.grown, fileSystem: fileSystem(fs.grown) }
      expect(names(planned([m1({ ...grown, diskSize: one }), m2({ ...grown, diskSize: other, fileSystem: undefined })], [extend]))).toEqual(
        [],
      )
    }),
    { numRuns: runs(200) },
  )
})
