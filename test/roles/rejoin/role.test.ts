import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { type Plan, planOf } from '../../../lib/resources/resource.ts'
import { planRejoin, rejoin } from '../../../roles/rejoin/role.ts'
import type { NamedState } from '../../../roles/service/state/state.ts'
import { contextOn } from '../contexts.ts'
import { activeState, bareState, deviceOf, nodeState } from '../pair-states.ts'

const names = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan)
const planned = (states: NamedState[], node = 'M2') => planRejoin(states, node, contextOn(debian12))
const standby = (state: Partial<NamedState> = {}) => nodeState({ host: 'M2', ...state })

test('the data first, then heartbeat, then the other node must hear it', () => {
  expect(names(planned([activeState(), bareState({ host: 'M2' })]))).toEqual([
    'copy the data of M1 to M2',
    'start heartbeat on M2',
    'wait until M2 is on standby',
  ])
})

test('M1 is copied from M2 when M2 serves, whichever comes first in the inventory', () => {
  const active = activeState({ host: 'M2' })
  expect(names(planned([bareState(), active], 'M1'))).toEqual([
    'copy the data of M2 to M1',
    'start heartbeat on M1',
    'wait until M1 is on standby',
  ])
})

test.each<[string, Partial<NamedState>, Partial<NamedState>, string[]]>([
  [
    'interrupted during the synchronisation',
    { device: deviceOf('SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent') },
    { heartbeat: false, stable: false, device: deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') },
    ['copy the data of M1 to M2', 'start heartbeat on M2', 'wait until M2 is on standby'],
  ],
  [
    'interrupted before the start of heartbeat',
    {},
    { heartbeat: false, stable: false },
    ['start heartbeat on M2', 'wait until M2 is on standby'],
  ],
  ['heartbeat is joining', {}, { stable: false }, ['wait until M2 is on standby']],
  ['heartbeat hears nobody yet', {}, { links: ['em2 dead', 'em3 dead'] }, ['wait until M2 is on standby']],
  ['done', {}, {}, []],
])('%s: the rest is done', (_name, active, here, wanted) => {
  expect(names(planned([activeState(active), standby(here)]))).toEqual(wanted)
})

test('nothing continues when the data is in question', () => {
  expect(planned([nodeState(), standby({ heartbeat: false })])).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(/^no node serves/),
  })
  const apart = deviceOf('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown')
  expect(planned([activeState({ device: apart }), standby()])).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(/StandAlone on M1/),
  })
})

test('without a node to replace it does nothing in a play; with one it checks the pair at the end', () => {
  expect(rejoin.steps(contextOn(debian12))).toEqual([])
  const ids = rejoin.steps(contextOn(debian12, {}, 'ha_replace=M2')).map(r => r.id)
  expect(ids).toEqual(['M2 on standby', 'the cluster serves'])
  expect(planned([activeState(), standby()])).toEqual(planOf([]))
})
