import { expect, test } from 'vitest'
import {
  describeNodes,
  endStateOf,
  type NodeState,
  notWhole,
  parseNode,
  unmarkedIn,
  victimOf,
} from '../../../../lib/failover/testbed/observe.ts'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { contextOn } from '../../../roles/contexts.ts'

const { vars } = contextOn(debian12)

interface Says {
  vip?: boolean
  /** mounted, and nfsd runs; default: as `vip` */
  up?: boolean
  cs?: string
  ro?: string
  ds?: string
  rsc?: string
}

/** Output of the script; the device line is from /proc/drbd of DRBD 8.4.11. */
const node = (
  host: string,
  { vip = false, up = vip, cs = 'Connected', ro = '', ds = 'UpToDate/UpToDate', rsc = 'all' }: Says = {},
): NodeState =>
  parseNode(
    host,
    `@addr
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
3: em1    inet 192.168.0.21${host.at(-1) === '1' ? 0 : 1}/24 brd 192.168.0.255 scope global em1\\       valid_lft forever preferred_lft forever
${vip ? '3: em1    inet 192.168.0.219/24 scope global secondary em1\\       valid_lft forever preferred_lft forever\n' : ''}@mount
${up ? 'yes\n' : ''}@nfsd
${up ? 'yes\n' : ''}@rsc
${rsc}
@drbd
version: 8.4.11 (api:1/proto:86-101)
srcversion: 211FB288A383ED945B83420
 0: cs:${cs} ro:${ro || (up ? 'Primary/Secondary' : 'Secondary/Primary')} ds:${ds} C r-----
    ns:1884 nr:93 dw:1977 dr:8285 al:14 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0
`,
    vars,
  )

const m1 = node('M1', { vip: true })
const m2 = node('M2')

test('the output of a node is parsed', () => {
  expect(m1).toMatchObject({ host: 'M1', vip: true, mounted: true, nfsd: true, settled: true, device: { role: 'Primary', outOfSync: 0 } })
  expect(m2).toMatchObject({ vip: false, mounted: false, nfsd: false, device: { role: 'Secondary' } })
  expect(parseNode('M1', '', vars)).toEqual({ host: 'M1', vip: false, mounted: false, nfsd: false, settled: false, device: undefined })
  expect(describeNodes([m2, m1], 'full')).toBe('M1 serves, Connected Primary/Secondary UpToDate/UpToDate')
  expect(describeNodes([], 'full')).toBe('no node answered')
})

test.each<[string, NodeState[], string, ReturnType<typeof endStateOf>]>([
  ['where it was', [m1, m2], 'M1', 'stays'],
  ['on the other', [m1, m2], 'M2', 'moved'],
  ['the active node has no power', [node('M2', { vip: true })], 'M1', 'moved'],
  ['on both', [m1, node('M2', { vip: true })], 'M1', 'split'],
  ['nobody can be asked', [], 'M1', 'none'],
  ['the address is off, the rest not yet', [node('M1', { up: true }), m2], 'M1', undefined],
  ['an address without a service', [node('M1', { vip: true, up: false }), m2], 'M1', undefined],
])('end: %s', (_name, states, holder, end) => expect(endStateOf(states, holder, 'full')).toBe(end))

test.each<[string, NodeState[], string[]]>([
  ['healthy', [m1, m2], []],
  ['a node is missing', [m1], ['M2 does not answer']],
  ['no node is active', [m2, { ...m2, host: 'M1' }], ['the service is on no node']],
  ['a switchover', [m1, node('M2', { rsc: 'transition' })], ['heartbeat has not settled on M2']],
  ['left behind', [m1, node('M2', { up: true })], ['part of the service is on M2']],
  [
    'behind',
    [node('M1', { vip: true, cs: 'SyncSource', ds: 'UpToDate/Inconsistent' }), m2],
    ['DRBD on M1: SyncSource Primary/Secondary UpToDate/Inconsistent'],
  ],
])('problems of the pair: %s', (_name, states, problems) => expect(notWhole(states, ['M1', 'M2'], 'full')).toEqual(problems))

test('with only the address DRBD does not count', () => {
  const [a, b] = [node('M1', { vip: true, up: false, cs: 'StandAlone' }), node('M2')]
  expect(notWhole([a, b], ['M1', 'M2'], 'vip')).toEqual([])
  expect(endStateOf([a, b], 'M1', 'vip')).toBe('stays')
})

test.each<[string, NodeState[], string | undefined]>([
  ['no split', [m1, m2], undefined],
  ['the node that is not active', [m1, node('M2', { cs: 'StandAlone', ro: 'Secondary/Unknown' })], 'M2'],
  ['both are active', [m1, node('M2', { vip: true, cs: 'StandAlone' })], undefined],
  ['it still has the disk', [m1, node('M2', { up: true, cs: 'StandAlone' })], undefined],
  ['a switchover', [m1, node('M2', { cs: 'StandAlone', rsc: 'transition' })], undefined],
  ['one cannot be asked', [node('M2', { cs: 'StandAlone' })], undefined],
])('whose data is discarded: %s', (_name, states, victim) => expect(victimOf(states, 'full')).toBe(victim))

const alone = { vip: true, cs: 'WFConnection', ro: 'Primary/Unknown' }
const deaf = { cs: 'WFConnection', ro: 'Secondary/Unknown' }
test.each<[string, NodeState[], string | undefined]>([
  ['a pair in sync', [m1, m2], undefined],
  ['a marked standby', [node('M1', { ...alone, ds: 'UpToDate/Outdated' }), node('M2', { ...deaf, ds: 'Outdated/DUnknown' })], undefined],
  ['one that was not marked', [node('M1', { ...alone, ds: 'UpToDate/Outdated' }), node('M2', { ...deaf, ds: 'UpToDate/DUnknown' })], 'M2'],
  [
    'the active node has not continued yet',
    [node('M1', { ...alone, ds: 'UpToDate/DUnknown' }), node('M2', { ...deaf, ds: 'UpToDate/DUnknown' })],
    undefined,
  ],
])('a standby that still counts as good: %s', (_name, states, host) => expect(unmarkedIn(states)).toBe(host))
