import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import type { DrbdSuperblock } from '../../../lib/resources/blank.ts'
import type { ClusterAssertion } from '../../../lib/resources/resource.ts'
import { integrate } from '../../../roles/integrate/role.ts'
import { replaceNode, replicaProblems } from '../../../roles/replace-node/role.ts'
import type { DiskVerdict, Fate } from '../../../roles/service/drbd/verdict.ts'
import { contextOn } from '../contexts.ts'
import { refusalOf } from '../verdicts.ts'

const idsOf = (...extra: string[]) => replaceNode.steps(contextOn(debian12, {}, ...extra)).map(r => r.id)

test('both checks also refuse in check mode: nothing in the play repairs what they refuse', () => {
  const steps = replaceNode.steps(contextOn(debian12, {}, 'ha_replace=M2'))
  expect(steps.map(r => [r.id, r.assertion, r.dependsOn])).toEqual([
    ['the other node serves while M2 is replaced', true, []],
    ['disk of M2', true, []],
  ])
  expect(idsOf('ha_replace=M2', 'ha_stage=vip')).toEqual(['the other node serves while M2 is replaced'])
})

test('without a node name nothing is built', () => {
  const [unnamed] = replaceNode.steps(contextOn(debian12)) as [ClusterAssertion<true>]
  expect(refusalOf(unnamed.compare([]))).toBe('which node is the new machine? Name it: -e ha_replace=<node> (M1 or M2)')
})

test('while a node is being replaced, the check of a serving pair is left to role rejoin', () => {
  const judges = (...extra: string[]) => integrate.steps(contextOn(debian12, {}, ...extra)).some(r => r.id === 'the cluster serves')
  expect([judges(), judges('ha_replace=M2')]).toEqual([true, false])
})

const drbd = (current: string, others: string[] = []): DrbdSuperblock => ({
  version: 'v08',
  current,
  others: [...others, ...Array<string>(3).fill('0'.repeat(16))].slice(0, 3),
  flags: 0x11,
  stamp: '',
  size: 1000,
})
const verdict = (host: string, fate: Fate, found?: DrbdSuperblock): DiskVerdict => ({
  host,
  fate,
  replica: {
    disk: '/dev/vdb',
    served: host === 'M1',
    stamp: '',
    attached: host === 'M1',
    judgement: { device: '/dev/vdb', size: 2000, blank: false, against: [], ...(found && { drbd: found }) },
  },
})
const [now, before] = ['A1B2C3D4E5F60710', '1111111111111110']
const serving = verdict('M1', { kind: 'ours' }, drbd(now, [before]))

test.each<[string, DiskVerdict, RegExp | undefined]>([
  ['a blank disk', verdict('M2', { kind: 'create' }), undefined],
  ['a volume that must still be created', verdict('M2', { kind: 'volume' }), undefined],
  ['an older copy, confirmed', verdict('M2', { kind: 'adopt', current: before }, drbd(before)), undefined],
  ['the copy of an earlier attempt', verdict('M2', { kind: 'ours' }, drbd(now)), undefined],
  [
    'a newer copy',
    verdict('M2', { kind: 'adopt', current: 'F'.repeat(16) }, drbd('F0'.repeat(8), [now])),
    /newer than that of M1, which serves/,
  ],
  ['data to keep', verdict('M2', { kind: 'keep', uuid: '', bytes: 1 }), /^drbd_keep_data: M2 is to become a copy of M1/],
  ['a disk with data', verdict('M2', { kind: 'refused', why: '/dev/vdb is not blank: it holds ext4' }), /^M2: \/dev\/vdb is not blank/],
  ['a small disk', verdict('M2', { kind: 'refused', why: '/dev/vdb of M2 is too small' }), /^M2: \/dev\/vdb of M2 is too small/],
])('the new disk: %s', (_name, replaced, wanted) => {
  const text = replicaProblems([serving, replaced], 'M2').join('\n')
  if (wanted) expect(text).toMatch(wanted)
  else expect(text).toBe('')
})
