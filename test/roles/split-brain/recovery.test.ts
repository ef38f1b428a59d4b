import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { planRecovery } from '../../../roles/split-brain/role.ts'
import { contextOn } from '../contexts.ts'
import { activeState, deviceOf, nodeState } from '../pair-states.ts'

const split = [
  activeState({ device: deviceOf('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') }),
  nodeState({ host: 'M2', device: deviceOf('StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown') }),
]
const planned = (variables: string, done: string[] = [], states = split) => {
  const plan = planRecovery(states, done, contextOn(debian12, {}, variables))
  return plan.kind === 'steps' ? plan.steps.map(s => s.name) : plan.kind === 'refused' ? plan.why : plan.kind
}

test("the victim's data is kept first, once", () => {
  const variables = 'drbd_victim=M2 drbd_victim_keep=/var/backups/nfs'
  expect(planned(variables)).toEqual(['keep what is on M2', 'discard the data of M2'])
  expect(planned(variables, ['keep what is on M2'])).toEqual(['discard the data of M2'])
  expect(planned('drbd_victim=M2')).toEqual(['discard the data of M2'])
})

test("nothing is kept if the victim's data is not discarded", () => {
  expect(planned('drbd_victim=M1 drbd_victim_keep=snapshot')).toMatch(/^M1 serves/)
  expect(planned('drbd_victim_keep=snapshot')).toMatch(/^whose changes are to be discarded/)
})

test('a path below the mount point of the share is refused', () => {
  expect(planned('drbd_victim=M2 drbd_victim_keep=/data/copy')).toMatch(/^drbd_victim_keep: \/data\/copy is below \/data/)
  expect(planned('drbd_victim=M2 drbd_victim_keep=/database')).toHaveLength(2)
})
