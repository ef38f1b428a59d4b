import fc from 'fast-check'
import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { Plan } from '../../../lib/resources/resource.ts'
import type { Context } from '../../../roles/role.ts'
import type { NamedCopy } from '../../../roles/service/copies/copy.ts'
import { planStart } from '../../../roles/start/plan.ts'
import { runs } from '../../runs.ts'
import { contextOn } from '../contexts.ts'
import { deviceOf } from '../pair-states.ts'
import { copyState, generation, loneCopy, uuids } from '../service/copies/copy-states.ts'

const contexts = new Map<string, Context>()
/** Validating the variables of a cluster takes longer than a plan. */
const contextWith = (extra: string[]): Context => {
  const known = contexts.get(extra.join(' ')) ?? contextOn(debian12, {}, ...extra)
  contexts.set(extra.join(' '), known)
  return known
}
const planned = (copies: NamedCopy[], missing: string[] = [], extra: string[] = [], done: string[] = []) =>
  planStart(copies, missing, done, contextWith(extra))
const names = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan.kind === 'refused' ? plan.why : plan.kind)
const m2 = (state: Partial<NamedCopy> = {}) => copyState({ host: 'M2', ...state })
const take = ['take the copy of M1', 'start heartbeat on M1', 'wait until M1 serves']

test('both nodes came back and DRBD has connected: both start at once', () => {
  expect(names(planned([copyState(), m2()]))).toEqual(['start heartbeat on M1 and M2', 'wait until one of them serves'])
})

test('one copy is behind: the node with the good one serves first, whichever comes first in the inventory', () => {
  const behind = (host: string) => copyState({ host, device: deviceOf('SyncTarget ro:Secondary/Secondary ds:Inconsistent/UpToDate') })
  const good = (host: string) => copyState({ host, device: deviceOf('SyncSource ro:Secondary/Secondary ds:UpToDate/Inconsistent') })
  const order = (newest: string, other: string) => [
    `start heartbeat on ${newest}`,
    `wait until ${newest} serves`,
    `start heartbeat on ${other}`,
  ]
  expect(names(planned([behind('M1'), good('M2')]))).toEqual(order('M2', 'M1'))
  expect(names(planned([good('M1'), behind('M2')]))).toEqual(order('M1', 'M2'))
})

test('DRBD must have connected before heartbeat starts, and is brought up if the boot did not', () => {
  expect(names(planned([loneCopy('Consistent'), loneCopy('Consistent', { host: 'M2' })]))).toEqual([
    'wait until the nodes have connected',
    'start heartbeat on M1 and M2',
    'wait until one of them serves',
  ])
  expect(names(planned([copyState({ device: undefined }), m2()]))).toEqual(['bring DRBD up on M1'])
})

test('one serves: only the other is started, and nothing when both run', () => {
  const serving = copyState({ vip: true, heartbeat: true, device: deviceOf('Connected ro:Primary/Secondary ds:UpToDate/UpToDate') })
  expect(names(planned([serving, m2()]))).toEqual(['start heartbeat on M2'])
  expect(names(planned([serving, m2({ heartbeat: true })]))).toEqual([])
  expect(names(planned([serving], ['M2']))).toEqual([])
})

test('a single node starts without confirmation only if it knows that its copy is the newest', () => {
  expect(names(planned([loneCopy('UpToDate')], ['M2']))).toEqual(['start heartbeat on M1', 'wait until M1 serves'])
  const refusal = names(planned([loneCopy('Consistent')], ['M2']))
  expect(refusal).toMatch(/it is not known whether M2 continued without it\. Start M2 and run this again.*-e ha_start_alone=M1$/)
})

test("the operator's confirmation covers a copy that may be older, and no other", () => {
  const alone = (copy: NamedCopy, word = 'M1', missing = ['M2']) => names(planned([copy], missing, [`ha_start_alone=${word}`]))
  expect(alone(loneCopy('Consistent'))).toEqual(take)
  expect(alone(loneCopy('Consistent'), 'M2')).toBe('ha_start_alone=M2: M2 was not read')
  expect(alone(loneCopy('Outdated'))).toMatch(/^the copy of M1 is Outdated: .* nfsha-play force-primary\.yml -e drbd_survivor=M1$/)
  expect(alone(loneCopy('Inconsistent'))).toMatch(/^the copy of M1 is Inconsistent .* not a usable copy/)
  expect(alone(loneCopy('Consistent', { device: deviceOf('WFConnection ro:Secondary/Unknown ds:Diskless/DUnknown') }))).toMatch(
    /not a usable copy/,
  )
})

test('it resumes where it stopped: the copy is taken once, a running heartbeat is restarted once', () => {
  const taken = loneCopy('UpToDate', { heartbeat: true, device: deviceOf('WFConnection ro:Primary/Unknown ds:UpToDate/Outdated') })
  const step = (...done: string[]) => names(planned([taken], ['M2'], ['ha_start_alone=M1'], done))
  expect(step('take the copy of M1')).toEqual(['restart heartbeat on M1', 'wait until M1 serves'])
  expect(step('take the copy of M1', 'restart heartbeat on M1')).toEqual(['wait until M1 serves'])
  expect(step('take the copy of M1', 'start heartbeat on M1')).toEqual(['wait until M1 serves'])
})

test.each<[string, Partial<NamedCopy>]>([
  ['one of its addresses answers', { answers: ['172.16.0.211 over em2'] }],
  ['heartbeat hears it', { heartbeat: true, links: ['em2 up', 'em3 dead'] }],
  ['DRBD of M1 is connected to it', { device: deviceOf('Connected ro:Secondary/Primary ds:Consistent/UpToDate') }],
])('the other node is not gone, %s: refused', (_name, state) => {
  expect(names(planned([loneCopy('Consistent', state)], ['M2'], ['ha_start_alone=M1']))).toMatch(/^M2 is not gone \(/)
})

test.each<[string, NamedCopy[], string[], RegExp]>([
  ['both have the address', [copyState({ vip: true }), m2({ vip: true })], [], /^both nodes have the virtual IP/],
  ['a new pair', [copyState({ served: '' }), m2({ served: '' })], [], /site\.yml starts a new pair/],
  ['maintenance', [copyState({ maintenance: 'M1' }), m2()], [], /^the pair is in maintenance \(M1\)/],
  ['StandAlone', [copyState({ device: deviceOf('StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown') }), m2()], [], /split-brain\.yml$/],
  ['both nodes are there', [copyState(), m2()], ['ha_start_alone=M1'], /both nodes were read, so neither starts alone/],
  [
    'each continued alone',
    [
      loneCopy('UpToDate'),
      loneCopy('UpToDate', {
        host: 'M2',
        generation: generation({ uuids: { current: uuids.other, others: [uuids.before, uuids.zero, uuids.zero] } }),
      }),
    ],
    [],
    /^neither generation is in the history of the other.*split-brain\.yml$/,
  ],
])('%s: nothing is started', (_name, copies, extra, text) => {
  expect(names(planned(copies, [], extra))).toMatch(text)
})

const disks = ['UpToDate', 'Consistent', 'Outdated', 'Inconsistent', 'Failed', 'Diskless', 'Attaching', 'DUnknown']

test('whatever is read from a single node, its copy is never taken while the other shows a sign of life, nor when it is not consistent', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...disks),
      fc.constantFrom('WFConnection', 'Timeout', 'Connected', 'NetworkFailure'),
      fc.constantFrom('Unknown', 'Primary', 'Secondary'),
      fc.array(fc.constantFrom('172.16.0.211 over em2', '192.168.0.211 over em1'), { maxLength: 2 }),
      fc.array(fc.constantFrom('em2 up', 'em2 dead', 'em3 dead'), { maxLength: 2 }),
      fc.constantFrom<string[]>([], ['ha_start_alone=M1'], ['ha_start_alone=M2']),
      fc.boolean(),
      (disk, connection, peerRole, answers, links, extra, heartbeat) => {
        const copy = copyState({
          device: deviceOf(`${connection} ro:Secondary/${peerRole} ds:${disk}/DUnknown`),
          answers,
          links,
          heartbeat,
        })
        const plan = planned([copy], ['M2'], extra)
        const takes = plan.kind === 'steps' && plan.steps.some(s => s.name.startsWith('take'))
        if (!takes) return
        expect(disk).toBe('Consistent')
        expect(extra).toEqual(['ha_start_alone=M1'])
        expect([answers, links.filter(l => l.endsWith(' up')), peerRole]).toEqual([[], [], 'Unknown'])
      },
    ),
    { numRuns: runs(300) },
  )
})
