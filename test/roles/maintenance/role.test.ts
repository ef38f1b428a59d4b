import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'
import type { ClusterResource } from '../../../lib/resources/resource.ts'
import { present } from '../../../lib/resources/resource.ts'
import { changesOf, inSync } from '../../../lib/resources/verdict.ts'
import { maintenance } from '../../../roles/maintenance/role.ts'
import type { ServiceState } from '../../../roles/service/state/state.ts'
import { contextOn } from '../contexts.ts'
import { refusalOf } from '../verdicts.ts'

const steps = (...extra: string[]) => maintenance.steps(contextOn(debian12, {}, ...extra)) as ClusterResource<ServiceState>[]
const device = (disk: string) => parseProcDrbd(` 0: cs:Connected ro:Secondary/Primary ds:${disk}/UpToDate C r-----\n    oos:0\n`).devices[0]
const well = { heartbeat: true, stable: true, links: ['em2 up', 'em3 up'], vip: false, device: device('UpToDate'), space: [], holders: [] }
const members = (one: Partial<ServiceState>, two: Partial<ServiceState>) => [
  { host: 'M1', reading: present({ ...well, vip: true, ...one } as ServiceState) },
  { host: 'M2', reading: present({ ...well, ...two } as ServiceState) },
]

test.each([
  ['a node that is none', 'M3', {}, {}, /^ha_maintenance=M3: the cluster has the nodes M1 and M2$/],
  ['a peer whose copy is behind', 'M1', {}, { device: device('Inconsistent') }, /^the service stays on M1: DRBD is Inconsistent on M2/],
  ['a service on no node', 'M2', { vip: false }, {}, /^the service is on no node/],
])('%s: refused before anything is marked', (_name, node, one, two, text) => {
  const [first] = steps(`ha_maintenance=${node}`)
  expect(refusalOf(first?.compare(members(one, two)))).toMatch(text)
})

test('both nodes are marked, then the node is drained', () => {
  const changes = steps('ha_maintenance=M1').map(step => changesOf(step.compare(members({}, {}))))
  expect(changes).toEqual([
    [
      { attribute: 'mark on M1', from: 'none', to: 'M1' },
      { attribute: 'mark on M2', from: 'none', to: 'M1' },
    ],
    [
      { attribute: 'service', from: 'M1', to: 'M2' },
      { attribute: 'heartbeat on M1', from: 'running', to: 'stopped' },
    ],
  ])
})

test('a node that is out of service stays so, and nothing changes', () => {
  const drained = members({ maintenance: 'M1', heartbeat: false, stable: false, vip: false }, { maintenance: 'M1', vip: true })
  expect(steps('ha_maintenance=M1').map(step => step.compare(drained))).toEqual([inSync, inSync])
})

test('without a name nothing reads as done', () => {
  const [first, ...rest] = steps()
  expect(first?.assertion).toBe(true)
  expect(refusalOf(first?.compare(members({}, {})))).toMatch(/^which node\? Name it: -e ha_maintenance=<node> \(M1 or M2\), or none/)
  expect(rest).toEqual([])
})
