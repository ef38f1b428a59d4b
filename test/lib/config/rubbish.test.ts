import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { ansibleJson, listingOf } from '../../../lib/cli/inventory/listing.ts'
import { wholeOf } from '../../../lib/config/error.ts'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { readIni } from '../../../lib/config/ini.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { pythonLiteral } from '../../../lib/config/literal.ts'
import { completeInventory, emptyInventory, type Inventory } from '../../../lib/config/model.ts'
import { limitHosts, matchHosts } from '../../../lib/config/pattern.ts'
import { loadPlaybook } from '../../../lib/config/playbook.ts'
import { readSshArguments } from '../../../lib/config/ssh-arguments.ts'
import { reveal } from '../../../lib/config/value.ts'
import { decrypt, encrypt, keyring } from '../../../lib/config/vault.ts'
import { splitWords } from '../../../lib/config/words.ts'
import { parseYaml } from '../../../lib/config/yaml.ts'
import { readYamlInventory } from '../../../lib/config/yaml-inventory.ts'
import { runs } from '../../runs.ts'
import { judged, rubbish } from './rubbish.ts'

const timeout = process.env.NFSHA_LONG ? 1_800_000 : 120_000
const directory = mkdtempSync(join(tmpdir(), 'nfsha-rubbish-'))
afterAll(() => rmSync(directory, { recursive: true }))

const ini = [
  '[nfs]\nM[1:2] ansible_host=10.0.0.1 a="b c" # x\n[nfs:vars]\nx={"a": [1, 2]}\n[site:children]\nnfs\n',
  'h[a:c]-[01:10:3]:2222 k=True\n[web]\nh1\n',
]
const iniPieces =
  "\n [ ] : = \" ' # ; \\ [nfs] [nfs:vars] [site:children] all nfs M1 M[1:2] [0x1:0x3] h[ a=b :22 {{ True [1,2] {'x':1} --- \t \r\0".split(
    ' ',
  )
const yaml = [
  'nfs:\n  hosts:\n    M1: {ansible_host: 10.0.0.1}\n    M[2:3]:\n  vars: &v\n    a: !vault |\n      x\n    b: [1, 2]\n  children: {web: {hosts: M4}}\nweb:\n  vars: *v\n',
  'a: &a {x: 1}\nb: {<<: *a, y: 0x1F}\nc: [*a, ~, 1:30, 2024-01-31]\n',
  '{"all": {"hosts": {"M1": {"n": 12345678901234567890}}}}',
]
const yamlPieces = [
  ...'\n|- |: |? |[|]|{|}|,|#|&a |*a|!vault |!!int |!x |||>|"|\'|<<: *a|---|...|%YAML 1.1|\t|@|`|\\|nfs:|hosts:|children:|vars:|M1|~|0x_|1e9|: |  |    |\r\n|\u2028|\0'.split(
    '|',
  ),
  '|\n',
  'plugin: x',
]
const playbook = [
  '- name: x\n  hosts: nfs\n  roles: [base, {role: nfs, tags: [a, b]}]\n  vars: {a: 1}\n  serial: 1\n  become: yes\n- import_playbook: play.yml\n',
  '- hosts: [nfs, "!M2"]\n  vars_files: [play.yml]\n  any_errors_fatal: no\n  gather_facts: false\n',
]
const playbookPieces = [
  ...yamlPieces,
  '- hosts: nfs\n',
  '  roles: ',
  'base',
  '  serial: ',
  '  become: ',
  '- import_playbook: ',
  '  vars_files: ',
  '  tags: ',
  '/dev/zero',
  '  constructor: 1\n',
]

const property = <T>(name: string, arbitrary: fc.Arbitrary<T>, few: number, check: (input: T) => void) =>
  it(name, { timeout }, () => fc.assert(fc.property(arbitrary, check), { numRuns: runs(few) }))

/** Properties of every accepted inventory. */
const expectSound = (inventory: Inventory): void => {
  for (const group of inventory.groups.values()) {
    for (const host of group.hosts) expect(inventory.hosts.has(host)).toBe(true)
    for (const child of group.children) expect(inventory.groups.has(child)).toBe(true)
    expect(group.name === 'all' || group.parents.size > 0).toBe(true)
  }
  // As in Ansible, a host may be named `all`.
  if (!inventory.hosts.has('all')) expect(new Set(matchHosts(inventory, 'all'))).toEqual(new Set(inventory.hosts.keys()))
  JSON.parse(ansibleJson(listingOf(inventory, {})))
}

// Whatever a file contains, it is read or refused with a place. There must be no trace, no hang and no partial result.
describe('rubbish', () => {
  property('as an INI inventory', rubbish(iniPieces, ini), 300, text => {
    const inventory = emptyInventory(keyring([]))
    const read = judged(() => {
      readIni(inventory, { file: 'hosts', text })
      completeInventory(inventory)
      return inventory
    })
    if (read) expectSound(read)
  })

  property('as a YAML inventory', rubbish(yamlPieces, yaml), 300, text => {
    const inventory = emptyInventory(keyring([]))
    const source = { file: 'hosts.yml', text }
    const read = judged(() => {
      readYamlInventory(inventory, parseYaml(source), source)
      completeInventory(inventory)
      return inventory
    })
    if (read) expectSound(read)
  })

  property('as an inventory file of either kind', rubbish([...iniPieces, ...yamlPieces], [...ini, ...yaml]), 150, text => {
    writeFileSync(join(directory, 'hosts'), text)
    const read = judged(() => loadInventory(['hosts'], { cwd: directory }))
    if (read) expectSound(read)
  })

  property('as bytes of an inventory file', fc.uint8Array({ maxLength: 60 }), 100, bytes => {
    writeFileSync(join(directory, 'bytes'), bytes)
    const read = judged(() => loadInventory(['bytes'], { cwd: directory }))
    if (read) expectSound(read)
  })

  property('as a playbook', rubbish(playbookPieces, playbook), 300, text => {
    writeFileSync(join(directory, 'play.yml'), text)
    const book = judged(() => loadPlaybook('play.yml', { cwd: directory, roleNames: ['base', 'nfs'] }))
    for (const play of book?.plays ?? []) {
      expect(play.hosts.every(pattern => pattern !== '')).toBe(true)
      expect(play.roles.every(({ role }) => ['base', 'nfs'].includes(role))).toBe(true)
    }
  })

  property(
    'as a literal',
    rubbish('[ ] { } ( ) , : \' " \\ \\x4 \\U0010FFFF \\UFFFFFFFF 1 0x _ e9 . - + True None # \n u r """ \'\'\' a'.split(' '), [
      "{'a': [1, (2, 3.5e1)], 'b': True}",
    ]),
    500,
    text => {
      judged(() => pythonLiteral(text))
    },
  )

  property(
    'as extra variables',
    rubbish('a = " \' \\ \\x41 \\U0010FFFF \\UFFFFFFFF { } [ ] : , @ ./ @none @/dev/zero \n - !vault &a *a'.split(' '), [
      'a=1 b="x y"',
      '{"a": 1}',
      'a: 1',
    ]),
    400,
    text => {
      const vault = keyring([])
      const read = judged(() => parseExtraVars([text], vault, directory))
      for (const [name, { value }] of read ?? []) {
        expect(name).toEqual(expect.any(String))
        judged(() => reveal(value, vault))
      }
    },
  )

  const sealed = encrypt('plain text\n', { password: 'p', id: 'dev' })
  const edits = fc.array(
    fc.tuple(fc.nat(), fc.nat(9), fc.constantFrom('', '0', 'f', '\n', ' ', 'g', ';', '$ANSIBLE_VAULT;1.1;AES256\n', '00'.repeat(40))),
    { maxLength: 3 },
  )
  property('as vault text: never decrypted to anything else', edits, 60, changes => {
    const text = changes.reduce(
      (all, [at, length, put]) => all.slice(0, at % all.length) + put + all.slice((at % all.length) + length),
      sealed,
    )
    const opened = judged(() => decrypt(text, [{ password: 'p' }], wholeOf({ file: 'f', text: '' })))
    expect([undefined, 'plain text\n']).toContain(opened)
  })

  const hosts = inventoryOfOnce('[nfs]\nM[1:2]\n[web]\nweb[1:3].example.org\nM2\n[site:children]\nnfs\nweb\n')
  const patterns = ': , ! & ~ [ ] [0] [1:] [-1] [5:9] * ? . M1 M2 M9 nfs web site all ( ) (a+)+$ \\ \\d { } | ^ $ @ @none @/dev/zero'.split(
    ' ',
  )
  property('as a pattern', rubbish([...patterns, ' '], ['nfs:!M2', 'web[1:],~M\\d', 'site:&web:!*2']), 400, text => {
    const place = wholeOf({ file: '--limit', text })
    const found = judged(() => matchHosts(hosts, text, { place }))
    for (const host of found ?? []) expect(hosts.hosts.has(host)).toBe(true)
    // An accepted exclusion excludes; no part of a pattern is ever ignored.
    if (found && !text.includes(',')) {
      expect(judged(() => matchHosts(hosts, `${text}:!M1`, { place })) ?? []).not.toContain('M1')
      expect(judged(() => matchHosts(hosts, `${text}:!M9`, { place }))).toBeUndefined()
    }
    judged(() => limitHosts(hosts, ['M1', 'M2'], text, directory))
  })

  property('as words of a line', rubbish('a b " \' \\ # \t = \n'.split(' '), ['a "b c" \'d\' # e']), 500, text => {
    for (const word of judged(() => splitWords(text)) ?? []) expect(word.column).toBeGreaterThan(0)
  })

  property(
    'as ssh arguments',
    rubbish('-o |-p |22|-J |-i |Port=|=| |"|\'|\\|ProxyCommand=|%h:%p|constructor=|StrictHostKeyChecking=no|yes|-'.split('|'), [
      '-o Port=22 -J a -i "b c"',
    ]),
    400,
    text => {
      judged(() => readSshArguments(text, wholeOf({ file: 'hosts', text })))
    },
  )
})

const inventoryOfOnce = (text: string): Inventory => {
  const inventory = emptyInventory(keyring([]))
  readIni(inventory, { file: 'hosts', text })
  completeInventory(inventory)
  return inventory
}
