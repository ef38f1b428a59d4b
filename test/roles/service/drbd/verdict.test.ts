import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DrbdSuperblock, type ExtSuperblock, type Judgement, parseJudgement, type Reason } from '../../../../lib/resources/blank.ts'
import { present, unknown } from '../../../../lib/resources/reading.ts'
import type { Member } from '../../../../lib/resources/resource.ts'
import { firstOf } from '../../../../roles/role.ts'
import { dataBytes, diskWords, metadataBytes, relationTo } from '../../../../roles/service/drbd/adoption.ts'
import type { Replica } from '../../../../roles/service/drbd/replica.ts'
import { judgeDisks, refusals } from '../../../../roles/service/drbd/verdict.ts'
import { runs } from '../../../runs.ts'
import { articleCluster } from '../../article-cluster.ts'

// Input: what was read from both disks. Output: what is done with them. Needs no machine.

const given = firstOf(articleCluster()).vars
const size = 320 * 2 ** 20
const [cur, older, other] = ['A1B2C3D4E5F60710', '1111111111111110', 'BBBBBBBBBBBBBBB0']
const zero = '0'.repeat(16)

const disk = (judgement: Partial<Judgement> = {}, replica: Partial<Replica> = {}): Replica => ({
  disk: '/dev/vdb',
  served: false,
  stamp: '',
  attached: false,
  judgement: { device: '/dev/vdb', size, blank: (judgement.against ?? []).length === 0, against: [], ...judgement },
  ...replica,
})
const against = (...texts: string[]): Reason[] =>
  texts.map(text => ({ class: text.slice(0, text.indexOf(':')) as Reason['class'], text: text.slice(text.indexOf(':') + 1) }))
const drbd = (current: string, others: string[] = [], rest: Partial<DrbdSuperblock> = {}): DrbdSuperblock => ({
  version: 'v08',
  current,
  others: [...others, zero, zero, zero].slice(0, 3),
  flags: 0x11,
  stamp: zero,
  size: dataBytes(size),
  ...rest,
})
const uuid = '4145c540-c264-4b9f-8cf4-7c774f78e212'
const ext4 = (rest: Partial<ExtSuperblock> = {}): ExtSuperblock => ({ uuid, clean: true, bytes: 300 * 2 ** 20, extents: true, ...rest })

const blank = disk()
const withExt4 = disk({ ext4: ext4(), against: against(`content:it holds ext4 (${uuid})`) })
const foreign = disk({ drbd: drbd(cur, [older]), against: against('content:it holds drbd (a)', `content:it holds ext4 (${uuid})`) })
const serving = disk({ drbd: drbd(cur, [older]), blank: false }, { served: true, attached: true })

const judge = (one: Replica, two: Replica, words: { adopt?: string; keep?: string } = {}) => {
  const members: Member<Replica>[] = [
    { host: 'M1', reading: present(one) },
    { host: 'M2', reading: present(two) },
  ]
  const vars = { ...given, drbd_adopt: words.adopt, drbd_keep_data: words.keep }
  return judgeDisks(members, vars, d => `empty ${d}`)
}
const kinds = (...args: Parameters<typeof judge>) => judge(...args).map(v => v.fate.kind)
const why = (...args: Parameters<typeof judge>) => refusals(judge(...args)).join('\n')

test('two blank disks become a pair', () => expect(kinds(blank, blank)).toEqual(['create', 'create']))

test('a disk with only just-created metadata gets metadata again', () => {
  const fresh = disk({ drbd: drbd('0000000000000004', [], { flags: 0, size: 0 }), blank: true })
  expect(kinds(fresh, blank)).toEqual(['create', 'create'])
})

test('T6: one disk with data stops both, whichever it is', () => {
  for (const [one, two, host] of [
    [withExt4, blank, 'M1'],
    [blank, withExt4, 'M2'],
  ] as const) {
    expect(why(one, two)).toMatch(new RegExp(`^${host}: /dev/vdb is not blank: it holds ext4`))
    expect(why(one, two)).toContain(`-e drbd_keep_data=${host}:/dev/vdb:${uuid}`)
    expect(why(one, two)).toContain('empty the whole disk: empty /dev/vdb')
  }
})

test.each([
  ['read-only', disk({ against: against('readonly:it is read-only') }), /M2: \/dev\/vdb cannot be used: it is read-only$/],
  ['missing', disk({ against: against('missing:it does not exist'), size: 0 }), /M2: \/dev\/vdb cannot be used: it does not exist$/],
  ['too small', disk({ against: against('small:it has 1048576 bytes, less than 2 MiB') }), /M2: \/dev\/vdb cannot be used: it has 1048576/],
  ['unreadable', disk({ against: against('unreadable:it cannot be read at byte 4096: EIO') }), /M2: .*cannot be read at byte 4096/],
  ['of another size', disk({ size: 2 * size }), /M1: \/dev\/vdb has 335544320 bytes, the disk of M2 671088640: .* the same size\nM2: /],
])('M2’s disk is %s: refused before M1’s gets anything', (_name, two, says) => expect(why(blank, two)).toMatch(says))

test('T7: no command that writes is suggested for a disk in use', () => {
  const root = disk({ against: against('content:it has a partition: vda1', 'held:vda1 is mounted on /') })
  expect(why(root, blank)).toBe('M1: /dev/vdb is in use: vda1 is mounted on /. drbd_disk must name a disk that nothing uses')
})

test('T5: metadata that this node did not create is refused and described', () => {
  const text = why(blank, foreign)
  expect(text).toMatch(
    /^M2: \/dev\/vdb holds DRBD metadata v08, current UUID A1B2C3D4E5F60710, older UUIDs 1111111111111110, \d+ bytes, consistent, was up to date, which this node did not make\. Content: it holds ext4/,
  )
  expect(text).toContain('-e drbd_adopt=M2:/dev/vdb:A1B2C3D4E5F60710')
  expect(kinds(blank, foreign, { adopt: `M2:/dev/vdb:${cur}` })).toEqual(['create', 'adopt'])
})

test.each([
  ['another node', `M1:/dev/vdb:${cur}`],
  ['another disk', `M2:/dev/vdc:${cur}`],
  ['what was on it before', `M2:/dev/vdb:${older}`],
])('a confirmation for %s does not adopt', (_name, adopt) => {
  expect(kinds(blank, foreign, { adopt })).toEqual(['create', 'refused'])
})

test('a confirmation that does not match is reported', () =>
  expect(why(blank, foreign, { adopt: `M2:/dev/vdb:${older}` })).toContain(`drbd_adopt=M2:/dev/vdb:${older} does not match.`))

test('foreign metadata that is attached: refused while it is unknown to the peer, without advice to wipe it', () => {
  const up = disk({ drbd: drbd(cur), against: against('held:vdb is below DRBD resource other') }, { attached: true })
  expect(why(blank, up)).toMatch(/M2: .*did not make/)
  expect(why(blank, up)).not.toContain('empty')
  expect(kinds(up, up)).toEqual(['ours', 'ours'])
})

test('foreign metadata below another resource: what uses it, and how to free it', () => {
  const up = disk({ drbd: drbd(cur), against: against('held:vdb is below DRBD resource other') })
  expect(why(blank, up)).toContain('It is in use: vdb is below DRBD resource other.')
  expect(why(blank, up, { adopt: `M2:/dev/vdb:${cur}` })).toContain('drbdadm down other')
})

test('the data of the active node is copied to a blank disk, whichever node comes first', () => {
  expect(kinds(serving, blank)).toEqual(['ours', 'create'])
  expect(kinds(blank, serving)).toEqual(['create', 'ours'])
})

test('a running pair stays unchanged, whatever confirmations are left over', () => {
  expect(kinds(serving, serving, { adopt: `M1:/dev/vdb:${other}`, keep: `M2:/dev/vdb:${uuid}` })).toEqual(['ours', 'ours'])
})

test('the same node is recognised by its stamp after the pair was down', () => {
  const down = disk({ drbd: drbd(cur, [], { stamp: 'F96F66D219A753F1' }) }, { stamp: 'F96F66D219A753F1' })
  expect(kinds(down, blank)).toEqual(['ours', 'create'])
  expect(
    kinds(
      disk(
        { drbd: drbd(cur, [], { stamp: 'F96F66D219A753F2' }), against: against('content:it holds drbd') },
        { stamp: 'F96F66D219A753F1' },
      ),
      blank,
    ),
  ).toEqual(['refused', 'create'])
})

test('disks of a pair from an earlier version (no stamp) are recognised by each other', () => {
  const down = disk({ drbd: drbd(older), against: against('content:it holds drbd') }, { served: true })
  expect(kinds(serving, down)).toEqual(['ours', 'ours'])
  // Without the peer's data it cannot be recognised.
  expect(kinds(blank, down)).toEqual(['create', 'refused'])
})

test('a reinstalled node with its old disk needs confirmation', () => {
  const reinstalled = disk({ drbd: drbd(older), against: against('content:it holds drbd') })
  expect(why(serving, reinstalled)).toMatch(/M2: .*It is an older copy of the data of M1, which DRBD would bring up to date\. To take it/)
  expect(kinds(serving, reinstalled, { adopt: `M2:/dev/vdb:${older}` })).toEqual(['ours', 'adopt'])
})

test('data unrelated to the peer’s is not adopted', () => {
  const unrelated = disk({ drbd: drbd(other), against: against('content:it holds drbd') })
  expect(why(serving, unrelated, { adopt: `M2:/dev/vdb:${other}` })).toMatch(/M2: .*unrelated to that of M1/)
})

test('C6: a replica that something else uses: how to free it, no command that would write to it', () => {
  const taken = disk(
    { drbd: drbd(older), ext4: ext4(), against: against('held:vdb is mounted on /mnt/old2', 'content:it holds ext4') },
    { served: true },
  )
  const text = why(serving, taken)
  expect(text).toMatch(
    /^M2: \/dev\/vdb is this node's replica, and something else uses it: vdb is mounted on \/mnt\/old2\. Free it, then run again: umount \/mnt\/old2, and take the line of \/mnt\/old2 or \/dev\/vdb out of \/etc\/fstab\./,
  )
  expect(text).not.toMatch(/empty|wipe|dd /)
})

test('a node that has been in service is never advised to empty a disk', () => {
  const states = [
    withExt4,
    foreign,
    disk({ against: against('content:it is not empty: there is data at byte 0') }),
    disk({ against: against('held:vdb is swap in use') }),
  ]
  for (const state of states) expect(why({ ...state, served: true }, blank)).not.toContain('empty the whole')
})

test('a disk that is too small to become a copy', () => {
  expect(why(serving, disk({ size: 64 * 2 ** 20 }))).toMatch(/^M2: \/dev\/vdb of M2 is too small: it has 67108864 bytes/)
  expect(kinds(serving, disk({ size: 2 * size }))).toEqual(['ours', 'create'])
})

const keep = `M1:/dev/vdb:${uuid}`
test('the file system of one server is kept, the other node becomes a copy', () =>
  expect(kinds(withExt4, blank, { keep })).toEqual(['keep', 'create']))

test.each([
  ['both have data', withExt4, withExt4, /M1: drbd_keep_data keeps|M2: \/dev\/vdb is not blank/],
  ['the other disk is smaller', withExt4, disk({ size: size / 2 }), /M2: .*too small/],
  ['it is not clean', disk({ ext4: ext4({ clean: false }), against: against('content:it holds ext4') }), blank, /not clean: e2fsck -f/],
  [
    'it fills the disk',
    disk({ ext4: ext4({ bytes: size }), against: against('content:it holds ext4') }),
    blank,
    /leaves no room .* resize2fs \/dev\/vdb 327632K$/,
  ],
  [
    'it is mounted',
    disk({ ext4: ext4(), against: against('content:it holds ext4', 'held:vdb is mounted on /srv') }),
    blank,
    /in use: vdb is mounted on \/srv/,
  ],
  [
    'there is more on the disk',
    disk({ ext4: ext4(), against: against('content:it holds ext4', 'content:it holds linux_raid_member') }),
    blank,
    /more on \/dev\/vdb/,
  ],
  [
    'it is another file system',
    disk({ ext4: ext4({ uuid: uuid.replace('4', '5') }), against: against('content:it holds ext4') }),
    blank,
    /M1: \/dev\/vdb is not blank/,
  ],
])('nothing is kept when %s', (_name, one, two, says) => expect(why(one, two, { keep })).toMatch(says))

test('a volume that must be created', () => {
  const inGroup = (group: string[]) => disk({ blank: false }, { group })
  expect(kinds(inGroup(['/dev/vdb']), disk({}, { group: [] }))).toEqual(['volume', 'volume'])
  expect(why(inGroup(['/dev/vda5']), blank)).toMatch(/M1: the group of drbd_init_lvm exists, but on \/dev\/vda5, not on \/dev\/vdb/)
  expect(kinds(disk({ against: against('content:it holds LVM2_member (x)') }, { group: [] }), blank)).toEqual(['refused', 'create'])
})

test('an unreadable node gets no verdict', () => {
  const members: Member<Replica>[] = [
    { host: 'M1', reading: present(blank) },
    { host: 'M2', reading: unknown('perl') },
  ]
  expect(judgeDisks(members, given, d => d)).toHaveLength(1)
})

test('UUIDs are compared as DRBD does: without the Primary bit', () => {
  expect(relationTo(drbd('A1B2C3D4E5F60711'), drbd(cur))).toBe('same')
  expect(relationTo(drbd(cur), drbd(other, ['A1B2C3D4E5F60711']))).toBe('older')
  expect(relationTo(drbd(other, [cur]), drbd(cur))).toBe('newer')
  expect(relationTo(drbd('0000000000000004'), drbd('0000000000000004'))).toBe('unrelated')
  expect(relationTo(drbd(cur, [zero]), drbd(other, [zero]))).toBe('unrelated')
})

// drbdmeta 8.4's own figures (md_size_sect of dump-md)
test.each([
  [64 * 2 ** 20, 80],
  [320 * 2 ** 20, 96],
])('internal metadata of a disk of %i bytes takes %i sectors', (bytes, sectors) => expect(metadataBytes(bytes)).toBe(sectors * 512))

test('confirmations', () => {
  expect(diskWords('M1:/dev/vdb:A1,M2:/dev/vdc:B2')).toEqual([
    { host: 'M1', disk: '/dev/vdb', id: 'a1' },
    { host: 'M2', disk: '/dev/vdc', id: 'b2' },
  ])
  expect(diskWords(undefined)).toEqual([])
})

test('whatever a host prints, metadata is only created on a blank disk of known size', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'blank',
      'read all',
      'device /dev/vdb',
      `size ${size}`,
      'not held vdb is mounted on /',
      'not content it holds ext4 (x)',
      `drbd v08 uuids=${cur}:${zero}:${zero}:${zero} flags=1 stamp=${zero} sectors=10`,
      'drbd',
      'ext4',
      'not',
      'size x',
    ),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.boolean(), (lines, served) => {
      const judgement = parseJudgement(lines.join('\n'))
      const [verdict] = judge(disk(judgement, { served }), blank)
      if (verdict?.fate.kind === 'create')
        expect(lines.some(l => /(^|\n)blank( |\n|$)/.test(l)) && judgement.against.length === 0).toBe(true)
      expect(['ours', 'create', 'refused']).toContain(verdict?.fate.kind)
    }),
    { numRuns: runs(500) },
  )
})
