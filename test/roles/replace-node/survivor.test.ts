import { expect, test } from 'vitest'
import { replacementProblems } from '../../../roles/replace-node/survivor.ts'
import type { NamedState } from '../../../roles/service/state/state.ts'
import { activeState, bareState, deviceOf, nodeState } from '../pair-states.ts'

const alone = 'WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown'
const active = (state: Partial<NamedState> = {}) => activeState({ device: deviceOf(alone), links: ['em2 dead'], ...state })

test.each([
  ['M1', 'M2'],
  ['M2', 'M1'],
])('%s serves from good data: %s can be replaced, whichever comes first in the inventory', (serving, gone) => {
  expect(replacementProblems([active({ host: serving }), bareState({ host: gone })], gone, 'full')).toEqual([])
  expect(replacementProblems([bareState({ host: gone }), active({ host: serving })], gone, 'full')).toEqual([])
})

test('an interrupted replacement continues: the new node already has DRBD, or heartbeat', () => {
  const syncing = deviceOf('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate')
  const half = nodeState({ host: 'M2', heartbeat: false, device: syncing })
  expect(replacementProblems([activeState(), half], 'M2', 'full')).toEqual([])
  expect(replacementProblems([activeState(), nodeState({ host: 'M2' })], 'M2', 'full')).toEqual([])
})

test.each<[string, NamedState, NamedState, RegExp]>([
  ['the node that serves', bareState(), active({ host: 'M2' }), /^M2 holds the service, .* nfsha-play switchover/],
  ['a node that has the share mounted', active(), nodeState({ host: 'M2', mounted: true }), /^M2 holds the service/],
  ['both serve', active(), active({ host: 'M2' }), /^M2 holds the service, or part of it, so it is not the node to replace$/],
  ['no node serves', nodeState(), bareState({ host: 'M2' }), /^M1 does not serve/],
  [
    'the data to copy from is not good',
    active({ device: deviceOf('SyncTarget ro:Primary/Secondary ds:Inconsistent/UpToDate') }),
    nodeState({ host: 'M2', device: undefined }),
    /^the copy of M1 is Inconsistent/,
  ],
  [
    'the disk is gone',
    active({ device: deviceOf('Connected ro:Primary/Secondary ds:Diskless/UpToDate') }),
    bareState({ host: 'M2' }),
    /^the copy of M1 is Diskless/,
  ],
  [
    'perhaps a split brain',
    active({ device: deviceOf('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') }),
    bareState({ host: 'M2' }),
    /^DRBD is StandAlone on M1/,
  ],
  ['suspended I/O', active({ device: deviceOf(alone, 's-----') }), bareState({ host: 'M2' }), /^DRBD has suspended I\/O on M1/],
  ['heartbeat stopped', active({ heartbeat: false }), bareState({ host: 'M2' }), /^heartbeat does not run on M1/],
  ['a hand-over in progress', active({ stable: false }), bareState({ host: 'M2' }), /^a hand-over is under way on M1/],
  ['no DRBD on the active node', active({ device: undefined }), bareState({ host: 'M2' }), /^DRBD has no device on M1/],
])('%s: refused', (_name, one, two, text) => {
  expect(replacementProblems([one, two], 'M2', 'full').join('\n')).toMatch(text)
})

test('at stage vip there is no data to check', () => {
  expect(replacementProblems([active({ device: undefined }), bareState({ host: 'M2' })], 'M2', 'vip')).toEqual([])
})

test('an unread node is not treated as one that does not serve', () => {
  expect(replacementProblems([active()], 'M2', 'full')).toEqual(['both nodes must be read; read: M1'])
})
