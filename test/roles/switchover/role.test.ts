import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'
import { present } from '../../../lib/resources/reading.ts'
import { type ClusterNodes, type Procedure, planOf } from '../../../lib/resources/resource.ts'
import type { ServiceState } from '../../../roles/service/state/state.ts'
import { switchover } from '../../../roles/switchover/role.ts'
import { contextOn } from '../contexts.ts'

const [device] = parseProcDrbd(' 0: cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate C r-----\n    oos:0\n').devices
const well = { heartbeat: true, stable: true, links: ['em2 up', 'em3 up'], vip: false, device, space: [], holders: [] }
const servedBy = (...active: string[]) =>
  ['M1', 'M2'].map(host => ({ host, reading: present({ ...well, vip: active.includes(host) } as unknown as ServiceState) }))
const procedure = (...extra: string[]) => switchover.steps(contextOn(debian12, {}, ...extra))[0] as Procedure<ServiceState>

test('the result of a switchover contains its duration', async () => {
  const { aim, plan } = procedure()
  const planned = plan(servedBy('M1'), aim(servedBy('M1')), [])
  expect(planned).toMatchObject({ kind: 'steps', steps: [{ changes: [{ attribute: 'service', from: 'M1', to: 'M2' }] }] })
  const remarks: string[] = []
  const host = { $: async () => undefined, connection: { run: async () => ({ code: 0, stdout: '', stderr: '' }) } }
  const nodes = { hosts: ['M1', 'M2'], on: () => host, progress: () => undefined, remark: (text: string) => remarks.push(text) }
  if (planned.kind === 'steps') await planned.steps[0]?.run(nodes as unknown as ClusterNodes)
  expect(remarks).toEqual([expect.stringMatching(/^M2 serves after \d+\.\d s$/)])
})

test('the target is the node that was on standby at the first reading: once it serves, nothing is left to do', () => {
  const { aim, plan } = procedure()
  const target = aim(servedBy('M1'))
  expect(target).toBe('M2')
  expect(plan(servedBy('M2'), target, [])).toEqual(planOf([]))
})

test.each([
  ['no node serves', [], [], /^the service is on no node, it cannot be moved/],
  ['both serve', ['M1', 'M2'], [], /^the service is on both nodes/],
  ['a node that is none', ['M1'], ['ha_switchover_to=M3'], /^ha_switchover_to=M3: the cluster has the nodes M1 and M2$/],
])('%s: refused', (_name, active, extra, why) => {
  const { aim, plan } = procedure(...extra)
  const members = servedBy(...active)
  expect(plan(members, aim(members), [])).toEqual({ kind: 'refused', why: expect.stringMatching(why) })
})
