import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { ClusterAssertion, Plan } from '../../../lib/resources/resource.ts'
import { planMove } from '../../../roles/move-disk/plan.ts'
import { moveDisk, newDiskProblems } from '../../../roles/move-disk/role.ts'
import type { NamedNode } from '../../../roles/move-disk/state.ts'
import { rejoin } from '../../../roles/rejoin/role.ts'
import { replicaProbe } from '../../../roles/service/drbd/replica.ts'
import type { DiskVerdict, Fate } from '../../../roles/service/drbd/verdict.ts'
import { contextOn } from '../contexts.ts'
import { activeState, deviceOf, nodeState } from '../pair-states.ts'
import { scriptedNodes } from '../scripted-nodes.ts'
import { refusalOf } from '../verdicts.ts'

const context = contextOn(debian12, {}, 'ha_stack=lean', 'ha_move_disk=M2')
const disks = { attached: '/dev/sdb', declared: '/dev/sdb', isDeclared: true }
const m1 = (state: Partial<NamedNode> = {}): NamedNode => ({ ...activeState(state), ...disks, ...state })
const m2 = (state: Partial<NamedNode> = {}): NamedNode => ({
  ...nodeState({ host: 'M2', ...state }),
  ...disks,
  declared: '/dev/sdc',
  isDeclared: false,
  ...state,
})
const planned = (nodes: NamedNode[], node = 'M2') => planMove(nodes, node, context)
const names = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan.kind === 'refused' ? plan.why : plan.kind)

test('the checks also run in check mode; the old disk is detached last', () => {
  expect(moveDisk.steps(context).map(r => [r.id, r.dependsOn])).toEqual([
    ['what is in use beside the disk of M2', []],
    ['new disk of M2', []],
    ['old disk of M2 detached', undefined],
  ])
  expect(rejoin.steps(context).map(r => r.id)).toEqual(['M2 on standby', 'the cluster serves'])
})

test('without a node name nothing is moved', () => {
  const [unnamed] = moveDisk.steps(contextOn(debian12)) as [ClusterAssertion<true>]
  expect(refusalOf(unnamed.compare([]))).toBe('the disk of which node? Name it: -e ha_move_disk=<node> (M1 or M2), the standby first')
})

test('the disk of the standby is detached, and check mode shows the consequence', () => {
  const plan = planned([m1(), m2()])
  expect(names(plan)).toEqual(['detach /dev/sdb on M2'])
  expect(plan.kind === 'steps' && plan.steps[0]?.changes).toEqual([
    {
      attribute: 'disk of M2',
      from: '/dev/sdb',
      to: 'none; then /dev/sdc, a full copy of M1. M2 cannot take over until then, and /dev/sdb is left as it is',
    },
  ])
})

const diskless = { attached: '', device: deviceOf('Connected ro:Secondary/Primary ds:Diskless/UpToDate') }
test('nothing is left to detach: it was detached, has failed, was moved already, or is the same disk under another name', () => {
  expect(names(planned([m1(), m2(diskless)]))).toEqual([])
  const moved = m2({ attached: '/dev/sdc', isDeclared: true, device: deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') })
  expect(names(planned([m1({ device: deviceOf('SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent') }), moved]))).toEqual([])
  expect(names(planned([m1(), m2({ declared: '/dev/disk/by-id/x', isDeclared: true })]))).toEqual([])
})

test.each<[string, NamedNode[], RegExp]>([
  ['it serves', [m2({ ...activeState(), host: 'M2' }), m1({ ...nodeState(), isDeclared: true })], /M2 holds the service.*switchover/],
  ['no node serves', [m1({ ...nodeState() }), m2()], /M1 does not serve/],
  ['maintenance', [m1({ maintenance: 'M2' }), m2()], /in maintenance \(M2\)/],
  ['a hand-over', [m1(), m2({ stable: false })], /a hand-over is under way on M2/],
  ['no heartbeat', [m1(), m2({ heartbeat: false })], /heartbeat does not run on M2/],
  [
    'the other copy is not good',
    [m1({ device: deviceOf('Connected ro:Primary/Secondary ds:Diskless/UpToDate') }), m2()],
    /the copy of M1 is Diskless/,
  ],
  [
    'split brain',
    [m1({ device: deviceOf('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') }), m2()],
    /DRBD is StandAlone on M1.*split-brain\.yml/,
  ],
  ['not connected', [m1(), m2({ device: deviceOf('WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown') })], /M2 is WFConnection/],
  ['a resync', [m1(), m2({ device: deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') })], /DRBD is busy on M2/],
  ['DRBD down', [m1(), m2({ device: undefined, attached: '' })], /DRBD has no device on M2/],
])('%s: the disk stays', (_name, nodes, why) => {
  expect(names(planned(nodes))).toMatch(/^the disk of M2 is not moved: /)
  expect(names(planned(nodes))).toMatch(why)
})

test('an unknown node name', () => {
  expect(names(planned([m1(), m2()], 'M3'))).toBe('ha_move_disk=M3: the cluster has the nodes M1 and M2')
})

test('detached only after a check of both nodes, and reported', async () => {
  const { nodes, scripts, remarks } = scriptedNodes()
  const plan = planned([m1(), m2()])
  if (plan.kind === 'steps') await plan.steps[0]?.run(nodes)
  expect(scripts).toEqual([expect.stringMatching(/^M2: grep -q '\^ \*0: cs:Connected ro:Secondary\/Primary [\s\S]*\ndrbdadm detach drbd$/)])
  expect(remarks).toEqual(['/dev/sdb of M2 is left unchanged, with the copy as of now'])
})

const verdict = (host: string, fate: Fate): DiskVerdict => ({
  host,
  fate,
  replica: {
    disk: '/dev/sdc',
    served: true,
    stamp: '',
    attached: false,
    judgement: { device: '/dev/sdc', size: 1, blank: false, against: [] },
  },
})
test.each<[string, Fate, RegExp | undefined]>([
  ['blank', { kind: 'create' }, undefined],
  ['a volume that must still be created', { kind: 'volume' }, undefined],
  ['created by the previous run', { kind: 'ours' }, undefined],
  ['with data', { kind: 'refused', why: '/dev/sdc is not blank: it holds ext4' }, /^M2: \/dev\/sdc is not blank/],
  ['adopted', { kind: 'adopt', current: '1' }, /it must be blank/],
  ['kept', { kind: 'keep', uuid: '', bytes: 1 }, /it must be blank/],
])('the new disk: %s', (_name, fate, why) => {
  const text = newDiskProblems([verdict('M1', { kind: 'ours' }), verdict('M2', fate)], 'M2').join('\n')
  if (why) expect(text).toMatch(why)
  else expect(text).toBe('')
})

test('the check asks which disk is attached only while a disk is being moved', () => {
  expect(replicaProbe(context.vars).sh).toContain("|| attached=''")
  expect(replicaProbe(contextOn(debian12).vars).sh).not.toContain("|| attached=''")
})
