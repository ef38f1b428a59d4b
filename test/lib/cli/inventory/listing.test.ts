import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ansibleJson, graphOf, hostListing, listingOf } from '../../../../lib/cli/inventory/listing.ts'
import { parseExtraVars } from '../../../../lib/config/extra-vars.ts'
import { loadInventory } from '../../../../lib/config/inventory.ts'
import type { Group, Inventory } from '../../../../lib/config/model.ts'
import { variablesOf } from '../../../../lib/config/precedence.ts'
import { encrypt, encryptString } from '../../../../lib/config/vault.ts'
import { inventoryOf } from '../../config/workspace.ts'

const installed = spawnSync('ansible-inventory', ['--version']).status === 0
const root = join(import.meta.dirname, '../../../..')
const site = join(root, 'test/fixtures/config/site')
const groupOf = (inventory: Inventory, name: string) => inventory.groups.get(name) as Group

describe('secrets', () => {
  const password = { password: 'p' }
  const tiger = encryptString('tiger', password, 'note')
  const files = {
    'hosts.yml': `nfs:\n  hosts:\n    M1:\n      ansible_password: tiger\n      db: {token: tiger, port: 5}\n      ${tiger.replaceAll('\n', '\n      ').trimEnd()}\n`,
    'host_vars/M1': encrypt('hidden: [tiger, 12345]\nempty: null\n', password),
  }
  const inventory = () => inventoryOf(files, { vaultPasswords: [password] })

  it('are listed encrypted or masked', () => {
    const listed = hostListing(inventory(), 'M1', { extraVars: parseExtraVars(['api_token=tiger'], inventory().vault) })
    expect(listed).toEqual({
      ansible_password: '***',
      api_token: '***',
      db: { token: '***', port: 5 },
      note: { __ansible_vault: expect.stringMatching(/^\$ANSIBLE_VAULT;1\.1;AES256\n/) },
      hidden: ['***', '***'],
      empty: '***',
    })
  })

  it('appear nowhere in the listing', () => {
    expect(ansibleJson(listingOf(inventory(), {}))).not.toMatch(/tiger|12345/)
  })
})

it('whole numbers of any size keep their digits', () => {
  const text = 'a:\n  hosts:\n    M1: {x: 9007199254740993, y: [0xFFFFFFFFFFFFFFFF], z: {}}\n'
  expect(ansibleJson(hostListing(inventoryOf({ 'hosts.yml': text }), 'M1', {}))).toBe(
    '{\n    "x": 9007199254740993,\n    "y": [\n        18446744073709551615\n    ],\n    "z": {}\n}\n',
  )
})

it('a graph too large to read is refused', () => {
  const rungs = Array.from({ length: 30 }, (_, n) => `[a${n}:children]\na${n + 1}\nb${n + 1}\n[b${n}:children]\na${n + 1}\nb${n + 1}\n`)
  const inventory = inventoryOf({ hosts: `${rungs.join('')}[a30]\nM1\n[b30]\nM2\n` })
  expect(() => graphOf(inventory, groupOf(inventory, 'all'))).toThrow('this graph is too large to draw')
})

it('values that JSON cannot represent become text, not null', () => {
  expect(hostListing(inventoryOf({ 'hosts.yml': 'a:\n  hosts:\n    M1: {x: .inf}\n' }), 'M1', {})).toEqual({ x: 'Infinity' })
})

describe.skipIf(!installed)(`same output as ansible-inventory${installed ? '' : ' (skipped: ansible-inventory is not installed)'}`, () => {
  const ansible = (cwd: string, ...argv: string[]) =>
    execFileSync('ansible-inventory', argv, {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const ofSite = ['-i', 'inventory', '-i', 'other/second.yml', '--playbook-dir', 'play']
  const vault = ['--vault-password-file', 'vault-password', '--vault-id', 'dev@vault-password-dev']
  const loadSite = () =>
    loadInventory(['inventory', 'other/second.yml'], {
      cwd: site,
      playbookDirectories: ['play'],
      vaultPasswords: [{ password: 'hunter-two' }, { password: 'other-password', id: 'dev' }],
    })

  it.each(['all', 'site', 'scalars', 'web', 'ungrouped'])('--graph %s, byte for byte', group => {
    const inventory = loadSite()
    expect(graphOf(inventory, groupOf(inventory, group))).toBe(ansible(site, ...ofSite, ...vault, '--graph', group))
  })

  it('--list, except values from encrypted files', () => {
    const inventory = loadSite()
    const theirs = JSON.parse(ansible(site, ...ofSite, ...vault, '--list'))
    const masked: string[] = []
    for (const [host, variables] of Object.entries<Record<string, unknown>>(theirs._meta.hostvars))
      for (const [name, { value }] of variablesOf(inventory, host))
        if (value.kind !== 'vault' && value.place.source.secret) {
          variables[name] = '***'
          masked.push(name)
        }
    expect(masked.length).toBeGreaterThan(0)
    expect(JSON.parse(ansibleJson(listingOf(inventory, {})))).toEqual(theirs)
  })

  it('--list, byte for byte', () => {
    const inventory = loadInventory(['inventory/lab.yml'], { cwd: root })
    const theirs = ansible(root, '-i', 'inventory/lab.yml', '--list')
    expect(ansibleJson(listingOf(inventory, {}))).toBe(theirs.replace(/("\w*secret": )".*"/g, '$1"***"'))
  })

  it('--host, with -e overriding everything', () => {
    const extra = ['nfs_threads=16', '{"list": [1, {"a": null}]}']
    const inventory = loadInventory(['inventory/lab.yml'], { cwd: root })
    const outer = { extraVars: parseExtraVars(extra, inventory.vault) }
    const theirs = ansible(root, '-i', 'inventory/lab.yml', ...extra.flatMap(text => ['-e', text]), '--host', 'C1')
    expect(ansibleJson(hostListing(inventory, 'C1', outer))).toBe(theirs)
  })
})
