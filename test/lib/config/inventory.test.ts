import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigErrors } from '../../../lib/config/error.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { groupsOf } from '../../../lib/config/model.ts'
import { variablesOf } from '../../../lib/config/precedence.ts'
import { readVariable } from '../../../lib/config/variables.ts'
import { encrypt } from '../../../lib/config/vault.ts'
import { failure, inventoryOf, workspace } from './workspace.ts'

const hosts = (text: string) => failure(() => inventoryOf({ hosts: text }))
const yaml = (text: string) => failure(() => inventoryOf({ 'hosts.yml': text }))

describe('an INI inventory', () => {
  it.each([
    ['[nfs\nM1', 'hosts:1:1: '],
    ['[nfs:chidren]', "hosts:1:6: unknown kind of section 'chidren'\n  [nfs:chidren]\n       ^\n  did you mean 'children'?"],
    ['[n fs]', 'is no section'],
    ['M1 user', "hosts:1:4: expected name=value, found 'user'"],
    ['[nfs]\nM1\n[nsf:vars]\na=1', "hosts:3:1: no group 'nsf' is declared"],
    ['[nfs]\nM1\n[site:children]\nnsf', "hosts:4:1: no group 'nsf' is declared\n  nsf\n  ^\n  did you mean 'nfs'?"],
    ['[a:children]\nb\n[b:children]\na', "hosts:4:1: group 'a' would contain itself"],
    ['[nfs:vars]\n[nfs]\n[nfs:vars]\njust words', 'expected name=value'],
    ["M1 a='b", 'a quote is not closed'],
    ['M[2:1]', 'ends before it begins'],
    ['M[01:100]', 'same number of digits'],
    ['M[1]', 'is no range'],
    ['[nfs]\nM1:', 'ends with a colon'],
    ['[nfs]\n---', 'this looks like YAML'],
    ['[nfs:vars]\n[nfs]\n[nfs:vars]\nansible_group_priority=high', 'must be a whole number'],
  ])('%j is an error with its place', (text, message) => {
    expect(hosts(text)).toContain(message)
  })

  it('reports all mistakes at once', () => {
    expect(() => inventoryOf({ hosts: 'M1 x\nM2 y\n' })).toThrow(ConfigErrors)
  })
})

describe('a YAML inventory', () => {
  it.each([
    [
      'nfs:\n  hots:\n    M1:',
      "hosts.yml:2:3: a group has hosts, children and vars, not 'hots'\n    hots:\n    ^\n  did you mean 'hosts'?",
    ],
    ['nfs:\n  hosts:\n    - M1', "write 'M1:' instead of '- M1'"],
    ['nfs:\n  hosts:\n    M1: x', "host 'M1' must be a mapping"],
    ['nfs:\n  ha_vip: x', 'variables belong under vars:'],
    ['- M1', 'an inventory is a mapping of groups'],
    ['plugin: aws_ec2', 'inventory plugins are not run here'],
    ['', 'this inventory is empty'],
    ['a: {children: {b: {children: {a: }}}}', "group 'b' would contain itself"],
  ])('%j is an error with its place', (text, message) => {
    expect(yaml(text)).toContain(message)
  })
})

describe('sources', () => {
  it('may be host names with a comma, and a file without extension in either format', () => {
    expect([...loadInventory(['M1,M2:2222,']).hosts.keys()]).toEqual(['M1', 'M2'])
    expect(readVariable(loadInventory(['M1,M2:2222,']), 'M2', 'ansible_port')).toBe(2222)
    expect([...inventoryOf({ hosts: 'all:\n  hosts:\n    M1:\n' }).hosts.keys()]).toEqual(['M1'])
    expect([...inventoryOf({ hosts: 'M1\nM2 a=b\n' }).hosts.keys()]).toEqual(['M1', 'M2'])
    expect([...inventoryOf({ 'hosts.yml': '[nfs]\nM1\n' }).hosts.keys()]).toEqual(['M1'])
  })

  it('may not be missing or a program', () => {
    expect(failure(() => loadInventory(['nowhere']))).toContain('nowhere: no such inventory')
    const cwd = workspace({ 'inv.py': '#!/usr/bin/python3\n', hosts: 'M1\n' })
    chmodSync(join(cwd, 'hosts'), 0o755)
    expect(failure(() => loadInventory(['inv.py'], { cwd }))).toContain('inventory scripts are not run here')
    expect([...loadInventory(['hosts'], { cwd }).hosts.keys()]).toEqual(['M1'])
  })
})

describe('variables', () => {
  const files = {
    hosts: '[nfs]\nM1 from=host\n[nfs:vars]\nfrom=group\n[all:vars]\nfrom=all\n',
    'group_vars/all.yml': 'from: group_vars all\n',
    'group_vars/nfs.yml': 'from: group_vars nfs\n',
    'host_vars/M1.yml': 'from: host_vars\n',
    'play/group_vars/nfs.yml': 'from: play group_vars\n',
    'play/host_vars/M1.yml': 'from: play host_vars\n',
  }
  // Each step takes the strongest layer away; the next one must show.
  it('win in the order that Ansible has', () => {
    const layers = ['play host_vars', 'host_vars', 'host', 'play group_vars', 'group_vars nfs', 'group_vars all', 'group', 'all']
    let left: Record<string, string> = { ...files }
    for (const layer of layers) {
      const cwd = workspace(left)
      expect(readVariable(loadInventory(['hosts'], { cwd, playbookDirectories: ['play'] }), 'M1', 'from')).toBe(layer)
      left = Object.fromEntries(
        Object.entries(left).map(([path, text]) => [path, text.replace(new RegExp(`from[=:] ?${layer}$`, 'm'), '')]),
      )
    }
  })

  it('come from beside the playbook too, under play vars and -e', () => {
    const cwd = workspace(files)
    const inventory = loadInventory(['hosts'], { cwd, playbookDirectories: ['play'] })
    const place = { source: { file: 'x', text: '' }, line: 0, column: 0 }
    const as = (value: string) => new Map([['from', { at: place, value: { kind: 'scalar' as const, value, place } }]])
    const read = (outer: object) => readVariable(inventory, 'M1', 'from', outer)
    expect(read({})).toBe('play host_vars')
    expect(read({ playVars: as('play') })).toBe('play')
    expect(read({ playVars: as('play'), roleVars: as('role') })).toBe('role')
    expect(read({ playVars: as('play'), roleVars: as('role'), extraVars: as('extra') })).toBe('extra')
  })

  it('of an encrypted file are asked for a password when they are read, not before', () => {
    const vaulted = { hosts: '[nfs]\nM1\n', 'group_vars/nfs/vault.yml': encrypt('token: tiger\nn: 5\n', { password: 'p' }) }
    expect([...inventoryOf(vaulted).hosts.keys()]).toEqual(['M1'])
    expect(failure(() => variablesOf(inventoryOf(vaulted), 'M1'))).toMatch(
      /group_vars\/nfs\/vault.yml: this is encrypted, and no vault password/,
    )
    expect(readVariable(inventoryOf(vaulted, { vaultPasswords: [{ password: 'p' }] }), 'M1', 'token')).toBe('tiger')
  })

  it('that no group gives apply in the order depth, priority, name', () => {
    const inventory = inventoryOf({
      'hosts.yml': 'b: {hosts: M1}\na: {hosts: M1, vars: {ansible_group_priority: 5}}\nB: {hosts: M1}\ntop: {children: {b: }}\n',
    })
    expect(groupsOf(inventory, 'M1').map(group => group.name)).toEqual(['all', 'B', 'top', 'a', 'b'])
  })

  it('of an unknown host are an error', () => {
    expect(failure(() => variablesOf(inventoryOf({ hosts: 'M1\n' }), 'M2'))).toContain("did you mean 'M1'?")
  })
})
