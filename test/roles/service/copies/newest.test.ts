import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { firstOf } from '../../../../roles/role.ts'
import { copyProbe, lastContact, lostAt, type NamedCopy, parseCopy } from '../../../../roles/service/copies/copy.ts'
import { newestOf } from '../../../../roles/service/copies/newest.ts'
import { copiesTable } from '../../../../roles/service/copies/table.ts'
import { articleCluster } from '../../article-cluster.ts'
import { contextOn } from '../../contexts.ts'
import { deviceOf } from '../../pair-states.ts'
import { copyState, generation, loneCopy, uuids } from './copy-states.ts'

const { now, before, other, zero } = uuids
const at = (current: string, ...others: string[]) => ({ current, others: [...others, zero, zero, zero].slice(0, 3) })
const connected = (text: string) => ({ device: deviceOf(`Connected ro:Secondary/Secondary ds:${text}`) })

test.each<[string, NamedCopy, NamedCopy, string | undefined, RegExp]>([
  ['one serves', loneCopy('UpToDate', { vip: true }), loneCopy('UpToDate', { host: 'M2' }), 'M1', /^M1 serves$/],
  ['connected, both good', copyState(), copyState({ host: 'M2' }), undefined, /both copies are UpToDate: they are the same/],
  [
    'connected, one good',
    copyState(connected('UpToDate/Inconsistent')),
    copyState({ host: 'M2', ...connected('Inconsistent/UpToDate') }),
    'M1',
    /copies from M1: M2 is Inconsistent/,
  ],
  [
    'connected, none good',
    copyState(connected('Inconsistent/Inconsistent')),
    copyState({ host: 'M2', ...connected('Inconsistent/Inconsistent') }),
    undefined,
    /no copy is UpToDate/,
  ],
  [
    'M2 continued alone',
    loneCopy('Consistent', { generation: generation({ uuids: at(before) }) }),
    loneCopy('UpToDate', { host: 'M2', generation: generation({ uuids: at(now, before) }) }),
    'M2',
    /the generation of M1 \(1{15}0\) is in the history of M2/,
  ],
  [
    'M1 continued alone',
    loneCopy('UpToDate', { generation: generation({ uuids: at(now, zero, before) }) }),
    loneCopy('Outdated', { host: 'M2', generation: generation({ uuids: at(before) }) }),
    'M1',
    /the generation of M2 .* is in the history of M1/,
  ],
  [
    'M1 was Primary when the power failed',
    loneCopy('Consistent', { generation: generation({ crashedPrimary: true }) }),
    loneCopy('Consistent', { host: 'M2' }),
    'M1',
    /M1 was Primary when it lost power/,
  ],
  ['the same', loneCopy('Consistent'), loneCopy('Consistent', { host: 'M2' }), undefined, /they are the same/],
  [
    'an incomplete copy is never the newest',
    loneCopy('Inconsistent', { generation: generation({ consistent: false, uuids: at(now, before) }) }),
    loneCopy('Consistent', { host: 'M2', generation: generation({ uuids: at(before) }) }),
    'M2',
    /the copy of M1 is Inconsistent/,
  ],
  [
    'unreadable metadata',
    loneCopy('Consistent', { generation: undefined }),
    loneCopy('Consistent', { host: 'M2' }),
    undefined,
    /the metadata of M1 cannot be read/,
  ],
])('%s', (_name, one, two, host, why) => {
  const found = newestOf([one, two], [])
  expect(found.host).toBe(host)
  expect(found.why).toMatch(why)
  expect(newestOf([two, one], []).host).toBe(host)
})

test('two nodes that both continued alone are a split brain', () => {
  const [one, two] = [
    loneCopy('UpToDate', { generation: generation({ uuids: at(now, before) }) }),
    loneCopy('UpToDate', { host: 'M2', generation: generation({ uuids: at(other, before) }) }),
  ]
  expect(newestOf([one, two], [])).toMatchObject({ isSplit: true })
})

test.each([
  ['UpToDate', 'M1', /^M1 knows that it continued without M2/],
  ['Outdated', 'M2', /^the copy of M1 is Outdated: M2 continued without it$/],
  ['Consistent', undefined, /it is not known whether M2 continued without it$/],
  ['Inconsistent', undefined, /^the copy of M1 is Inconsistent$/],
])('one node alone, %s', (disk, host, why) => {
  const found = newestOf([loneCopy(disk)], ['M2'])
  expect(found.host).toBe(host)
  expect(found.why).toMatch(why)
})

/** ext4's superblock as od(1) prints it, in hex, without its other fields. */
const superblock = (writtenAt: number): string => {
  const bytes = Buffer.alloc(136)
  bytes.writeUInt32LE(writtenAt, 48)
  return bytes
    .toString('hex')
    .replace(/../g, ' $&')
    .replace(/(.{48})/g, '$1\n')
}

const answer = `@drbd
version: 8.4.11 (api:1)
 0: cs:WFConnection ro:Secondary/Unknown ds:Consistent/DUnknown C r-----
    ns:0 nr:0 dw:0 dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0
@minor
0
@generation
A1B2C3D4E5F60710:0000000000000000:1111111111111110:0000000000000000:1:1:0:1:0:0:1
@answers
52:54:00:1A:01:02
@peer-answers
172.16.0.211 over em2
@superblock
${superblock(1_796_000_000)}
@contact
2026-11-29T23:20:01+0000 M1 kernel: drbd drbd: peer( Secondary -> Unknown ) conn( Connected -> Timeout )
@copy
read
`

test('the output of a node is parsed into a copy, and shown in a table for the operator', () => {
  const state = parseCopy(answer, firstOf(articleCluster()).vars)
  expect(state).toMatchObject({
    generation: { uuids: { current: now }, consistent: true, upToDate: true, peerOutdated: false, crashedPrimary: true },
    answers: ['172.16.0.211 over em2'],
    written: 1_796_000_000,
    device: { disk: 'Consistent' },
  })
  const table = copiesTable(
    [
      { host: 'M1', reading: { kind: 'present', state } },
      { host: 'M2', reading: { kind: 'unknown', why: 'unreachable' } },
    ],
    'nfs',
  )
  expect(table.title).toMatch(/^nfs: the copy of M1 is Consistent: /)
  expect(Object.fromEntries(table.rows.map(([title, ...cells]) => [title, cells]))).toMatchObject({
    'ext4 superblock written': ['2026-11-30T00:53:20Z', 'unreachable'],
    'lost the other node': ['2026-11-29T23:20:01+0000', 'unreachable'],
    'the other node answers': ['on em2', 'unreachable'],
    flags: ['consistent, was up to date, was Primary when it went down', 'unreachable'],
  })
})

test('incomplete metadata is not a generation', () => {
  for (const text of ['', 'no such resource', '0:1:2'])
    expect(parseCopy(answer.replace(/^A1B2.*$/m, text), firstOf(articleCluster()).vars).generation).toBeUndefined()
})

test('a Primary whose peer is outdated, as drbdadm get-gi of 8.4.11 prints it', () => {
  const text = 'F45474966DD26BB3:4E80C5EF76023F6D:2C1189BE0E2C6727:2C1089BE0E2C6727:1:1:1:0:0:1:0'
  expect(parseCopy(answer.replace(/^A1B2.*$/m, text), firstOf(articleCluster()).vars).generation).toEqual({
    uuids: { current: 'F45474966DD26BB3', others: ['4E80C5EF76023F6D', '2C1189BE0E2C6727', '2C1089BE0E2C6727'] },
    consistent: true,
    upToDate: true,
    primary: true,
    peerOutdated: true,
    crashedPrimary: false,
  })
})

test('the blocks of a copy are not mixed with those of the service', () => {
  const names = [...copyProbe(contextOn(debian12)).sh.matchAll(/echo "(@[a-z0-9-]+)"/g)].map(([, name]) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  const { around } = parseCopy(answer, firstOf(articleCluster()).vars)
  expect(around.answers).toEqual(['52:54:00:1a:01:02'])
})

// What 8.4.11 logged when its peer lost power, came back, and was synced.
const log = `2026-11-30T07:17:38+00:00 M2 kernel: drbd drbd/0 drbd0: peer( Unknown -> Secondary ) conn( WFReportParams -> Connected ) disk( Consistent -> UpToDate )
2026-11-30T07:19:18+00:00 M2 kernel: drbd drbd: PingAck did not arrive in time.
2026-11-30T07:19:18+00:00 M2 kernel: drbd drbd: peer( Primary -> Unknown ) conn( Connected -> NetworkFailure ) pdsk( UpToDate -> DUnknown ) 
2026-11-30T07:19:18+00:00 M2 kernel: drbd drbd: conn( NetworkFailure -> Unconnected ) 
2026-11-30T07:20:18+00:00 M2 kernel: drbd drbd/0 drbd0: peer( Unknown -> Secondary ) conn( WFReportParams -> WFBitMapS ) pdsk( Outdated -> Consistent ) 
2026-11-30T07:20:22+00:00 M2 kernel: drbd drbd/0 drbd0: conn( SyncSource -> Connected ) pdsk( Inconsistent -> UpToDate ) `
const found = (text: string): string =>
  execFileSync('sh', ['-c', `f=$(mktemp); cat >$f; ${lastContact('tac "$f"')}; rm "$f"`], { input: text, encoding: 'utf8' })

test.each([
  ['DRBD 8.4', log, '2026-11-30T07:19:18+00:00'],
  [
    'DRBD 9',
    '2026-11-30T07:19:18+00:00 M2 kernel: drbd drbd M1: conn( Connected -> NetworkFailure ) peer( Primary -> Unknown )',
    '2026-11-30T07:19:18+00:00',
  ],
  [
    'syslog format',
    'Nov  3 07:19:18 M2 kernel: block drbd0: peer( Secondary -> Unknown ) conn( Connected -> TearDown )',
    'Nov  3 07:19:18',
  ],
  ['never lost', log.split('\n')[0] as string, undefined],
])('when the connection was lost: %s', (_name, text, at) => {
  expect(lostAt({ contact: found(`${text}\n`).trim() })).toBe(at)
})
