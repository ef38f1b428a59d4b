import { describe, expect, it } from 'vitest'
import { clustersOf } from '../../../lib/config/cluster.ts'
import { encrypt } from '../../../lib/config/vault.ts'
import { failure, inventoryOf } from './workspace.ts'

const clusters = (text: string) => clustersOf(inventoryOf({ 'hosts.yml': text })).map(({ place: _, ...cluster }) => cluster)
const problem = (text: string) => failure(() => clusters(text))

describe('clustersOf', () => {
  it('finds each group of two that defines ha_vip, and its clients', () => {
    const text = `
all:
  vars: {ha_clients: farm}
  children:
    east: {hosts: {M1: , M2: }, vars: {ha_vip: 10.0.0.9/24, ha_clients: clients}}
    west: {children: {w: {hosts: {M3: , M4: }}}, vars: {ha_vip: 10.0.1.9/24}}
    clients: {hosts: {C1: , C2: }}
    farm: {hosts: {F1: }}
    other: {hosts: {x: , y: , z: }}
`
    expect(clusters(text)).toEqual([
      { name: 'east', nodes: ['M1', 'M2'], clients: ['C1', 'C2'] },
      { name: 'west', nodes: ['M3', 'M4'], clients: ['F1'] },
    ])
  })

  it('needs no clients', () => {
    expect(clusters('nfs: {hosts: {M1: , M2: }, vars: {ha_vip: x}}')).toEqual([{ name: 'nfs', nodes: ['M1', 'M2'], clients: [] }])
  })

  it('reads group_vars, but skips encrypted files without a password', () => {
    const files = {
      hosts: '[nfs]\nM1\nM2\n',
      'group_vars/nfs/a.yml': 'ha_vip: x\n',
      'group_vars/all.yml': encrypt('a: 1', { password: 'p' }),
    }
    expect(clustersOf(inventoryOf(files)).map(cluster => cluster.name)).toEqual(['nfs'])
  })

  it.each([
    ['nfs: {hosts: M1, vars: {ha_vip: x}}', "hosts.yml:1:25: a cluster has two nodes; group 'nfs', which defines ha_vip, has one: M1"],
    ['nfs: {hosts: {a: , b: , c: }, vars: {ha_vip: x}}', 'has 3: a, b, c'],
    ['nfs: {vars: {ha_vip: x}}', 'has none'],
    ['all: {hosts: {a: , b: , c: }, vars: {ha_vip: x}}', 'for the group of the two nodes'],
    ['a: {hosts: {M1: , M2: }, vars: {ha_vip: x}}\nb: {hosts: {M2: , M3: }, vars: {ha_vip: y}}', 'ha_vip'],
    ['a: {hosts: {M1: , M2: }, vars: {ha_vip: x}}\nb: {children: {a: }, vars: {ha_vip: y}}', "overrides that of cluster 'b'"],
    ['a: {hosts: {M1: {ha_vip: x}, M2: }}', 'ha_vip is defined for the host M1 alone'],
    ['a: {hosts: {M1: {ha_vip: x}, M2: }, vars: {ha_vip: x}}', "this ha_vip overrides that of cluster 'a'"],
    ['a: {hosts: {M1: , M2: }, vars: {ha_vip: x, ha_clients: cleints}}\nclients: {hosts: C1}', "did you mean 'clients'?"],
    ['a: {hosts: {M1: , M2: }, vars: {ha_vip: x}}\nclients: {hosts: M1}', 'M1 is both a node and a client of cluster'],
  ])('refuses %s', (text, message) => {
    expect(problem(text)).toContain(message)
  })
})
