import { expect, test } from 'vitest'
import { watched } from '../../../../lib/cli/drift/look.ts'
import type { PlayPlan } from '../../../../lib/engine/play.ts'
import type { Vars } from '../../../../roles/vars.ts'
import { articleCluster } from '../../../roles/article-cluster.ts'

const pair = articleCluster()
const [first] = pair.nodes
const client = { name: 'C1', vars: first?.vars as Vars }
const cluster = { ...pair, clients: [client] }
const play = (...names: string[]): PlayPlan<Vars> => ({
  name: 'a play',
  targets: [{ cluster, hosts: [...pair.nodes, client].filter(n => names.includes(n.name)), left: [] }],
  roles: [],
  selects: () => false,
  anyErrorsFatal: true,
  identity: () => [],
})

test.each([
  ['both nodes', ['M1', 'M2'], ['watch']],
  ['one node', ['M2'], ['watch']],
  ['nodes and a client', ['M1', 'M2', 'C1'], ['watch']],
  ['clients alone', ['C1'], []],
])('the service is watched in a play of %s', (_, names, roles) => {
  const seen = watched(play(...names))
  expect(seen.roles.map(r => r.name)).toEqual(roles)
  // whatever tags are selected
  expect(seen.selects(['watch'])).toBe(roles.length > 0)
})
