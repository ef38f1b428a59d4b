import fc from 'fast-check'
import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { notRead, present } from '../../../lib/resources/reading.ts'
import { type Entry, freshOf, parseWritten, type Written, writtenTable } from '../../../roles/split-brain/written.ts'
import { runs } from '../../runs.ts'
import { contextOn } from '../contexts.ts'
import { deviceOf } from '../pair-states.ts'

const { vars } = contextOn(debian12)
const entry = (changed: number, path: string, type = 'f', bytes = 7): Entry => ({
  line: `${changed}.0 ${type} ${bytes} ${path}`,
  changed,
  isDirectory: type === 'd',
  bytes,
  path,
})
const read = (entries: Entry[], more: Partial<Written> = {}): Written => ({
  device: deviceOf('StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown', 'r-----', 12),
  how: 'clean',
  entries,
  isComplete: true,
  problem: '',
  ...more,
})
const table = (one: Written | undefined, two: Written | undefined) =>
  writtenTable(
    [one, two].map((state, i) => ({ host: `M${i + 1}`, reading: state ? present(state) : notRead('unreachable') })),
    'nfs',
  )
const common = [entry(90, 'old'), entry(80, 'older')]

test('the output of a node', () => {
  const stdout = `@drbd
version: 8.4.11 (api:1)
 0: cs:StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown   r-----
    ns:0 nr:0 dw:0 dr:0 al:8 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:12
@names
how replayed
end 0
1764469334.1234567890 f 7 a name
1764469300.5 d 4096 
@read
read
`
  expect(parseWritten(stdout, vars)).toMatchObject({
    device: { connection: 'StandAlone', outOfSync: 12 },
    how: 'replayed',
    isComplete: true,
    problem: '',
    entries: [
      { path: 'a name', bytes: 7, isDirectory: false },
      { path: '.', isDirectory: true },
    ],
  })
  const failed = parseWritten('@drbd\n@names\nthere is no ext4 on /dev/vdb that can be mounted\nended 1\n@read\nread\n', vars)
  expect(failed).toMatchObject({ how: '', isComplete: false, entries: [], problem: 'there is no ext4 on /dev/vdb that can be mounted' })
})

test('entries newer than the newest common change are listed', () => {
  const own = [entry(110, 'docs/new'), entry(110, 'docs', 'd'), entry(105, 'empty', 'd'), ...common]
  expect(freshOf(own, [entry(120, 'elsewhere'), ...common])).toEqual({ entries: [own[0], own[2]], common: 90 })
})

test('what the other node removed or changed is not treated as written here', () => {
  const own = [entry(110, 'new'), entry(90, 'old'), entry(85, 'removed on the other'), entry(80, 'older')]
  expect(freshOf(own, common).entries.map(e => e.path)).toEqual(['new'])
})

test('property: whatever two nodes write after a common history, exactly the new names of each are found', () => {
  const names = (prefix: string, from: number) =>
    fc.array(fc.nat(50), { maxLength: 20 }).map(list => list.map((n, i) => entry(from + n, `${prefix}${i}`)))
  fc.assert(
    fc.property(names('both', 0), names('one', 100), names('two', 100), (both, one, two) => {
      const newestFirst = (list: Entry[]) => [...list].sort((a, b) => b.changed - a.changed)
      const [own, other] = [newestFirst([...both, ...one]), newestFirst([...both, ...two])]
      expect(freshOf(own, other).entries).toEqual(newestFirst(one))
      expect(freshOf(own, other).common).toBe(newestFirst(both)[0]?.changed)
    }),
    { numRuns: runs(300) },
  )
})

test('both nodes are shown, newest entries first, with the amount that DRBD marked', () => {
  expect(table(read([entry(100, 'on-one'), ...common]), read([entry(120, 'dir', 'd'), ...common]))).toEqual({
    title: 'nfs: writes since the split',
    columns: ['', 'changed', 'bytes', 'name'],
    rows: [
      ['M1', '', '', "at most 12 KiB, by DRBD's marks"],
      ['', '', '', '1 name newer than the last change that both have (1970-01-01T00:01:30Z)'],
      ['', '1970-01-01T00:01:40Z', '7', 'on-one'],
      ['M2', '', '', "at most 12 KiB, by DRBD's marks"],
      ['', '', '', '1 name newer than the last change that both have (1970-01-01T00:01:30Z)'],
      ['', '1970-01-01T00:02:00Z', '', 'dir/'],
    ],
  })
})

test.each<[string, Written | undefined, RegExp]>([
  ['not read', undefined, /^not known: unreachable$/],
  ['no file system', read([], { how: '', problem: 'there is no ext4 on /dev/vdb' }), /^which files is not known: there is no ext4/],
  ['too many files', read([entry(100, 'a')], { isComplete: false }), /not read to the end within 200 s$/],
  ['no journal', read([entry(100, 'a'), ...common], { how: 'not replayed' }), /the last changes may be missing$/],
  ['nothing in common', read([entry(100, 'a')]), /^1 name, all that were compared, and perhaps more$/],
  ['no device', read(common, { device: undefined }), /an unknown amount/],
])('%s: shown as not known', (_name, two, said) => {
  const { rows } = table(read([entry(100, 'on-one'), ...common]), two)
  expect(rows.slice(rows.findIndex(r => r[0] === 'M2')).some(r => said.test(r[3] ?? ''))).toBe(true)
})

test('without the other copy the newest names are shown, without any claim about them', () => {
  const { rows } = table(read([entry(100, 'on-one'), ...common]), undefined)
  expect(rows[1]?.[3]).toBe('which files is not known without the other copy; the newest are')
  expect(rows.map(r => r[3])).toContain('old')
})

test('a long list is truncated', () => {
  const many = Array.from({ length: 30 }, (_, i) => entry(200 - i, `f${i}`))
  const { rows } = table(read([...many, ...common]), read(common))
  expect(rows.filter(r => /^f\d+$/.test(r[3] ?? ''))).toHaveLength(20)
  expect(rows.map(r => r[3])).toContain('and 10 more')
})

test('connected nodes have nothing to show', () => {
  const connected = read([], { device: deviceOf('Connected ro:Secondary/Primary ds:UpToDate/UpToDate') })
  expect(table(connected, connected).rows).toEqual([])
})
