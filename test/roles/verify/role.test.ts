import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { Plan } from '../../../lib/resources/resource.ts'
import type { NamedState } from '../../../roles/service/state/state.ts'
import { parseRanges } from '../../../roles/verify/compare.ts'
import { planVerify } from '../../../roles/verify/role.ts'
import { contextOn } from '../contexts.ts'
import { activeState, deviceOf, nodeState } from '../pair-states.ts'
import { scriptedNodes } from '../scripted-nodes.ts'

const compare = 'compare both copies'
const repair = 'copy the blocks that differ'
const planned = (states: NamedState[], done: string[] = [], ...extra: string[]) =>
  planVerify(states, done, contextOn(debian12, {}, 'ha_stack=lean', ...extra))
const names = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan.kind === 'refused' ? plan.why : plan.kind)
const pair = (outOfSync = 0, connection = 'Connected') => [
  activeState({ device: deviceOf(`${connection} ro:Primary/Secondary ds:UpToDate/UpToDate`, 'r-----', outOfSync) }),
  nodeState({ host: 'M2', device: deviceOf(`${connection} ro:Secondary/Primary ds:UpToDate/UpToDate`, 'r-----', outOfSync) }),
]

test('two complete copies are compared, and nothing else happens when nothing differs', () => {
  expect(names(planned(pair()))).toEqual([compare])
  expect(names(planned(pair(), [compare]))).toEqual([])
})

test('marks of an earlier comparison do not count', () => {
  expect(names(planned(pair(48)))).toEqual([compare])
})

test('a running comparison is followed', () => {
  expect(names(planned(pair(0, 'VerifyS')))).toEqual([compare])
})

test('the amount of differing data is reported, and repaired only when requested', () => {
  expect(names(planned(pair(48), [compare]))).toMatch(/^48 KiB differ between the nodes\. Nothing was repaired: -e drbd_verify_repair=true/)
  expect(names(planned(pair(48), [compare], 'drbd_verify_repair=true'))).toEqual([repair])
  const nobody = pair(48).map(s => ({ ...s, vip: false }))
  expect(names(planned(nobody, [compare], 'drbd_verify_repair=true'))).toMatch(/no node serves, so it is not known whose blocks are right/)
})

test('after the repair the standby may still be catching up; then nothing is left to do', () => {
  const syncing = [
    activeState({ device: deviceOf('SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent', 'r-----', 20) }),
    nodeState({ host: 'M2', device: deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate', 'r-----', 20) }),
  ]
  expect(names(planned(syncing, [compare, repair], 'drbd_verify_repair=true'))).toEqual([repair])
  expect(names(planned(pair(), [compare, repair], 'drbd_verify_repair=true'))).toEqual([])
})

test.each<[string, NamedState[]]>([
  ['no connection', [activeState({ device: deviceOf('WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown') }), nodeState({ host: 'M2' })]],
  [
    'an incomplete copy',
    [activeState(), nodeState({ host: 'M2', device: deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') })],
  ],
  ['DRBD down', [activeState(), nodeState({ host: 'M2', device: undefined })]],
])('%s: nothing is compared', (_name, states) => {
  expect(names(planned(states))).toMatch(/^only two complete copies can be compared: DRBD on M[12] is /)
})

test('the stack of the reference setup has no algorithm for it', () => {
  expect(names(planned(pair(), [], 'ha_stack=article'))).toMatch(/no verify-alg/)
})

const log = `[ 100.1] block drbd0: Starting Online Verify from sector 0
[ 101.0] block drbd0: Out of sync: start=8, size=8 (sectors)
[ 200.1] block drbd0: Starting Online Verify from sector 0
[ 201.0] block drbd0: Out of sync: start=4096, size=16 (sectors)
[ 201.2] block drbd0: Out of sync: start=9000, size=8 (sectors)
`

test('the ranges of the last comparison only', () => {
  expect(parseRanges(log)).toEqual([
    { start: 4096, size: 16 },
    { start: 9000, size: 8 },
  ])
  expect(parseRanges('')).toEqual([])
})

const taken = async (given: { stdout?: string; code?: number }, ...extra: string[]) => {
  const { nodes, scripts, shown, remarks } = scriptedNodes({ stdout: '@log\n', stderr: 'why', ...given })
  const plan = planned(pair(), [], ...extra)
  if (plan.kind === 'steps') await plan.steps[0]?.run(nodes)
  return { scripts, shown, remarks }
}

test('the standby starts it, and the ranges are shown in bytes of the device', async () => {
  const { scripts, shown, remarks } = await taken({ stdout: `@end\n@log\n${log}` })
  expect(scripts).toEqual([expect.stringMatching(/^M2: [\s\S]*drbdadm verify drbd/)])
  expect(shown).toEqual([
    {
      title: '/dev/drbd0: 2 ranges differ',
      columns: ['first byte', 'bytes'],
      rows: [
        ['2097152', '8192'],
        ['4608000', '4096'],
      ],
    },
  ])
  expect(remarks).toEqual([])
  expect((await taken({})).remarks).toEqual(['both copies are identical'])
})

test('a rate limit is removed however the comparison ends; without one nothing is changed', async () => {
  const [limited = ''] = (await taken({}, 'drbd_verify_rate=20M')).scripts
  expect(limited).toContain("trap 'drbdadm adjust drbd' EXIT")
  expect(limited).toContain('drbdadm disk-options --c-max-rate=20M drbd')
  expect((await taken({})).scripts[0]).not.toMatch(/disk-options|adjust/)
})

test('nodes that lose each other meanwhile: no statement about the copies', async () => {
  await expect(taken({ code: 2 })).rejects.toThrow('the nodes lost each other during the comparison')
})
