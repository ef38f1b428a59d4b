import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'
import { present } from '../../../lib/resources/reading.ts'
import { type ClusterAssertion, type Plan, type Procedure, planOf } from '../../../lib/resources/resource.ts'
import { maintenance } from '../../../roles/maintenance/role.ts'
import type { ServiceState } from '../../../roles/service/state/state.ts'
import { contextOn } from '../contexts.ts'
import { refusalOf } from '../verdicts.ts'

const steps = (...extra: string[]) => maintenance.steps(contextOn(debian12, {}, ...extra))
const planned = (members: ReturnType<typeof membersOf>, ...extra: string[]) => {
  const procedure = steps(...extra)[0] as Procedure<ServiceState>
  return procedure.plan(members, procedure.aim(members), [])
}
const changes = (plan: Plan) => (plan.kind === 'steps' ? plan.steps.map(s => [s.name, s.changes]) : plan)
const device = (disk: string) => parseProcDrbd(` 0: cs:Connected ro:Secondary/Primary ds:${disk}/UpToDate C r-----\n    oos:0\n`).devices[0]
const well = { heartbeat: true, stable: true, links: ['em2 up', 'em3 up'], vip: false, device: device('UpToDate'), space: [], holders: [] }
const membersOf = (one: Partial<ServiceState>, two: Partial<ServiceState>) => [
  { host: 'M1', reading: present({ ...well, vip: true, ...one } as ServiceState) },
  { host: 'M2', reading: present({ ...well, ...two } as ServiceState) },
]

test.each([
  ['a node that is none', 'M3', {}, {}, /^ha_maintenance=M3: the cluster has the nodes M1 and M2$/],
  ['a peer whose copy is behind', 'M1', {}, { device: device('Inconsistent') }, /^the service stays on M1: DRBD is Inconsistent on M2/],
  ['a service on no node', 'M2', { vip: false }, {}, /^the service is on no node/],
])('%s: refused before anything is marked', (_name, node, one, two, text) => {
  expect(planned(membersOf(one, two), `ha_maintenance=${node}`)).toEqual({ kind: 'refused', why: expect.stringMatching(text) })
})

const handOver = ['hand over to M2', [{ attribute: 'service', from: 'M1', to: 'M2' }]]
const stop = ['stop heartbeat on M1', [{ attribute: 'heartbeat on M1', from: 'running', to: 'stopped' }]]

test('both nodes are marked, then the node is drained', () => {
  expect(changes(planned(membersOf({}, {}), 'ha_maintenance=M1'))).toEqual([
    [
      'mark the maintenance of M1',
      [
        { attribute: 'mark on M1', from: 'none', to: 'M1' },
        { attribute: 'mark on M2', from: 'none', to: 'M1' },
      ],
    ],
    handOver,
    stop,
  ])
})

test('finished steps are left out: the plan resumes where it stopped', () => {
  const marked = { maintenance: 'M1' }
  expect(changes(planned(membersOf(marked, marked), 'ha_maintenance=M1'))).toEqual([handOver, stop])
  expect(changes(planned(membersOf({ ...marked, vip: false }, { ...marked, vip: true }), 'ha_maintenance=M1'))).toEqual([stop])
})

test('a node that is out of service stays so, and nothing changes', () => {
  const drained = membersOf({ maintenance: 'M1', heartbeat: false, stable: false, vip: false }, { maintenance: 'M1', vip: true })
  expect(planned(drained, 'ha_maintenance=M1')).toEqual(planOf([]))
})

test('a node returns to service only after its data has caught up', () => {
  const stopped = { heartbeat: false, served: 'full', vip: false }
  const behind = membersOf({ ...stopped, device: device('Inconsistent') }, { vip: true, served: 'full' })
  const start = ['start heartbeat on M1', [{ attribute: 'heartbeat on M1', from: 'stopped', to: 'running' }]]
  expect(changes(planned(behind, 'ha_maintenance=none'))).toEqual([
    ['wait until DRBD is in sync', [{ attribute: 'DRBD on M1', from: 'Connected Inconsistent', to: 'Connected UpToDate' }]],
    start,
  ])
  expect(changes(planned(membersOf(stopped, { vip: true, served: 'full' }), 'ha_maintenance=none'))).toEqual([start])
  expect(planned(membersOf({ served: 'full' }, { served: 'full' }), 'ha_maintenance=none')).toEqual(planOf([]))
})

test('a node in split brain is not returned to service', () => {
  const [alone] = parseProcDrbd(' 0: cs:StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown r-----\n    oos:0\n').devices
  expect(planned(membersOf({ heartbeat: false, served: 'full', device: alone }, {}), 'ha_maintenance=none')).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(/^DRBD is StandAlone on M1: perhaps a split brain/),
  })
})

test('without a node name the play does not report success', () => {
  const [first, ...rest] = steps() as [ClusterAssertion<ServiceState>]
  expect(first.assertion).toBe(true)
  expect(refusalOf(first.compare(membersOf({}, {})))).toMatch(/^which node\? Name it: -e ha_maintenance=<node> \(M1 or M2\), or none/)
  expect(rest).toEqual([])
})
