import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { hostsOf, type Inventory } from '../../../lib/config/model.ts'
import { variablesOf } from '../../../lib/config/precedence.ts'
import type { Value } from '../../../lib/config/value.ts'

const site = join(import.meta.dirname, '../../fixtures/config/site')
const inventorySources = ['inventory', 'other/second.yml']
const playbookDirectory = 'play'
const extraSettings = [
  `k=v q="a b" who='it is me' eq=a=b=c esc="tab\\there" num=0644 empty= x=a"b"c`,
  '{"json": [1, {"a": null}], "octal": 0644}',
  '@extra.yml',
]

const installed = spawnSync('ansible-inventory', ['--version']).status === 0

interface Listing {
  _meta: { hostvars: Record<string, Record<string, unknown>> }
  [group: string]: { hosts?: string[]; children?: string[] } & object
}

const ansibleListing = (extra: string[]): Listing => {
  const sources = inventorySources.flatMap(source => ['-i', source])
  const vault = ['--vault-password-file', 'vault-password', '--vault-id', 'dev@vault-password-dev']
  const args = [...sources, ...vault, '--playbook-dir', playbookDirectory, ...extra.flatMap(text => ['-e', text]), '--list']
  const output = execFileSync('ansible-inventory', args, {
    cwd: site,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(output) as Listing
}

const ourInventory = (): Inventory =>
  loadInventory(inventorySources, {
    cwd: site,
    playbookDirectories: [playbookDirectory],
    vaultPasswords: [{ password: 'hunter-two' }, { password: 'other-password', id: 'dev' }],
  })

/** A value as ansible-inventory prints it: templates and inline vault text unchanged. */
const asPrinted = (value: Value): unknown => {
  switch (value.kind) {
    case 'scalar':
      // The listing is read as JSON here, which rounds such numbers; listing.test.ts compares them digit by digit.
      if (typeof value.value === 'bigint') return Number(value.value)
      return value.verbatim ? { __ansible_unsafe: value.value } : value.value
    case 'vault':
      return { __ansible_vault: value.ciphertext }
    case 'list':
      return value.items.map(asPrinted)
    case 'map':
      return Object.fromEntries([...value.entries].map(([name, entry]) => [name, asPrinted(entry.value)]))
  }
}

const ourHostvars = (inventory: Inventory, extra: string[]): Record<string, Record<string, unknown>> => {
  const extraVars = parseExtraVars(extra, inventory.vault, site)
  const of = (host: string) => [...variablesOf(inventory, host, { extraVars })].map(([name, entry]) => [name, asPrinted(entry.value)])
  return Object.fromEntries([...inventory.hosts.keys()].map(host => [host, Object.fromEntries(of(host))]))
}

// Ansible itself defines the expected result; nothing of it is copied into the test.
describe.skipIf(!installed)(`same result as ansible-inventory${installed ? '' : ' (skipped: ansible-inventory is not installed)'}`, () => {
  it('gives every variable of every host the same value', () => {
    const theirs = ansibleListing([])._meta.hostvars
    expect(Object.values(theirs).flatMap(Object.keys).length).toBeGreaterThan(400)
    expect(ourHostvars(ourInventory(), [])).toEqual(theirs)
  })

  it('lets -e override everything, read in the same three ways', () => {
    expect(ourHostvars(ourInventory(), extraSettings)).toEqual(ansibleListing(extraSettings)._meta.hostvars)
  })

  it('puts the same hosts into the same groups', () => {
    const inventory = ourInventory()
    const { _meta, ...theirs } = ansibleListing([])
    for (const [name, group] of Object.entries(theirs)) {
      expect([...(inventory.groups.get(name)?.children ?? [])].toSorted(), `children of ${name}`).toEqual((group.children ?? []).toSorted())
      if (name !== 'all') expect([...(inventory.groups.get(name)?.hosts ?? [])], `hosts of ${name}`).toEqual(group.hosts ?? [])
    }
    expect(hostsOf(inventory, 'all').toSorted()).toEqual(Object.keys(_meta.hostvars).toSorted())
  })
})
