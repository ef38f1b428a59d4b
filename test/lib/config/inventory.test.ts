import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigErrors } from '../../../lib/config/error.ts'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { groupsOf } from '../../../lib/config/model.ts'
import { limitHosts, matchHosts } from '../../../lib/config/pattern.ts'
import { loadPlaybook } from '../../../lib/config/playbook.ts'
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
    ['[n fs]', 'is not a section'],
    ['M1 user', "hosts:1:4: expected name=value, found 'user'"],
    ['[nfs]\nM1\n[nsf:vars]\na=1', "hosts:3:1: group 'nsf' is not declared"],
    ['[nfs]\nM1\n[site:children]\nnsf', "hosts:4:1: group 'nsf' is not declared\n  nsf\n  ^\n  did you mean 'nfs'?"],
    ['[a:children]\nb\n[b:children]\na', "hosts:4:1: group 'a' would contain itself"],
    ['[a:children]\na', "hosts:2:1: group 'a' would contain itself"],
    ['[a:children]\nb\n[b:children]\nc\n[c:children]\na', "hosts:6:1: group 'a' would contain itself\n  a\n  ^\n  b > c > a > b"],
    ['[site:children]\nall', "hosts:2:1: 'all' contains every group, so it cannot be a child of 'site'"],
    ['[nfs:vars]\n[nfs]\n[nfs:vars]\njust words', 'expected name=value'],
    ["M1 a='b", 'a quote is not closed'],
    ['M[2:1]', 'ends before it begins'],
    ['M[01:100]', 'same number of digits'],
    ['M[1]', 'is not a range'],
    ['[g]\nh[0x1:0x3]', "hosts:2:1: '[0x1:0x3]' is not a range"],
    ['[g]\nh[1e1:20]', "'[1e1:20]' is not a range"],
    ['[g]\nh[1:9:0]', "'[1:9:0]' is not a range"],
    ['[g]\na[1:3', "hosts:2:1: 'a[1:3': a bracket is not closed"],
    ['[g]\na[1:3]b[', 'a bracket is not closed'],
    ['[g]\nh[0:9999][0:9999]', "hosts:2:1: 'h[0:9999][0:9999]' names 100000000 hosts, more than 250000"],
    ['[g]\nh[0:99999999999999999999]', 'is not a range'],
    ['[g]\nh[1:200000]\ni[1:200000]', 'hosts:3:1: this inventory has more than 250000 hosts'],
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
    ['nfs:\n  ha_vip: x', 'put variables under vars:'],
    ['- M1', 'an inventory is a mapping of groups'],
    ['plugin: aws_ec2', 'inventory plugins are not supported'],
    ['', 'this inventory is empty'],
    ['nfs: {hosts: M1}\n---\nweb: {hosts: M2}\n', 'hosts.yml:2:1: a second YAML document starts here'],
    [`${'g: {children: {'.repeat(3000)}`, 'hosts.yml:1:'],
    ['a: {children: {b: {children: {a: }}}}', "hosts.yml:1:31: group 'a' would contain itself"],
    ['web: {children: {all: }}', "hosts.yml:1:18: 'all' contains every group, so it cannot be a child of 'web'"],
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

  it('are INI when a line only looks like YAML to a parser', () => {
    const inventory = inventoryOf({ hosts: `h a="{'x': 1}"\n` })
    expect(readVariable(inventory, 'h', 'a')).toEqual({ x: 1 })
    expect([...inventoryOf({ hosts: 'M1:\nM2:\n' }).groups.keys()]).toEqual(['all', 'ungrouped', 'M1', 'M2'])
    expect(failure(() => inventoryOf({ hosts: 'all:\n  hosts: M1\nweb: x\n' }))).toContain(
      "hosts:3:6: a group has hosts, children and vars, not 'x'",
    )
  })

  it('keep groups whose names begin with an underscore, except those that only hold anchors', () => {
    const inventory = inventoryOf({
      'hosts.yml': 'nfs: {hosts: {M1: , M2: }}\n_spare: {hosts: {M3: }}\n_a: {x: &x {b: 1}}\n_b: [1]\nw: {hosts: {M4: *x}}\n',
    })
    expect(matchHosts(inventory, '_spare')).toEqual(['M3'])
    expect(matchHosts(inventory, 'all')).toEqual(['M1', 'M2', 'M3', 'M4'])
    expect(readVariable(inventory, 'M4', 'b')).toBe(1)
  })

  it('may nest groups as deeply as they like', () => {
    const hosts = `${Array.from({ length: 3000 }, (_, n) => `[g${n}:children]\ng${n + 1}\n`).join('')}[g3000]\nM1\n`
    expect(matchHosts(inventoryOf({ hosts }), 'g0')).toEqual(['M1'])
    expect(groupsOf(inventoryOf({ hosts }), 'M1')).toHaveLength(3002)
  })

  it('may not be missing or a program', () => {
    expect(failure(() => loadInventory(['nowhere']))).toContain('nowhere: no such inventory')
    const cwd = workspace({ 'inv.py': '#!/usr/bin/python3\n', hosts: 'M1\n' })
    chmodSync(join(cwd, 'hosts'), 0o755)
    expect(failure(() => loadInventory(['inv.py'], { cwd }))).toContain('inventory scripts are not supported')
    expect([...loadInventory(['hosts'], { cwd }).hosts.keys()]).toEqual(['M1'])
  })
})

describe('files and directories', () => {
  const load = (cwd: string, source = 'hosts') => loadInventory([source], { cwd })
  const vars = (cwd: string) => Object.keys(Object.fromEntries(variablesOf(load(cwd), 'M1')))

  it('ignores a plain file named group_vars or host_vars, with a warning, as Ansible does', () => {
    const cwd = workspace({ hosts: 'M1\n', group_vars: 'x', host_vars: 'x' })
    expect(vars(cwd)).toEqual([])
    expect(load(cwd).warnings).toEqual([
      `${join(cwd, 'group_vars')} is not a directory: it is ignored`,
      `${join(cwd, 'host_vars')} is not a directory: it is ignored`,
    ])
  })

  it('refuses links that lead in a circle', () => {
    const cwd = workspace({ 'site/hosts': 'M1\n' })
    symlinkSync('h', join(cwd, 'h'))
    expect(failure(() => load(cwd, 'h'))).toMatch(/h: cannot be read: its symbolic links lead in a circle/)
    symlinkSync('x', join(cwd, 'site/x'))
    expect(failure(() => load(cwd, 'site'))).toMatch(/site\/x: cannot be read: its symbolic links lead in a circle/)
  })

  it('reads a directory with a link to itself only once', () => {
    const cwd = workspace({ 'site/hosts': '[w]\nM1\n', 'site/group_vars/w/main.yml': 'a: 1\n', 'site/group_vars/w/z.yml': 'b: 1\n' })
    symlinkSync('.', join(cwd, 'site/group_vars/w/x'))
    symlinkSync('.', join(cwd, 'site/again'))
    expect(Object.keys(Object.fromEntries(variablesOf(load(cwd, 'site'), 'M1')))).toEqual(['a', 'b'])
  })

  it('limits the number of entries that links can create', () => {
    const cwd = workspace({ 'site/hosts': 'M1\n', 'd0/f.yml': 'a: 1\n' })
    for (let n = 1; n < 20; n++) {
      mkdirSync(join(cwd, `d${n}`))
      for (const name of ['a', 'b']) symlinkSync(`../d${n - 1}`, join(cwd, `d${n}`, name))
    }
    mkdirSync(join(cwd, 'site/host_vars'))
    symlinkSync('../../d19', join(cwd, 'site/host_vars/M1'))
    expect(failure(() => variablesOf(load(cwd, 'site'), 'M1'))).toContain('contains more than 10000 files')
  })

  it('refuses endless input: devices, named pipes, huge files', () => {
    const cwd = workspace({ hosts: 'M1\n' })
    execFileSync('mkfifo', [join(cwd, 'pipe')])
    writeFileSync(join(cwd, 'huge'), '')
    truncateSync(join(cwd, 'huge'), 2 ** 40)
    expect(failure(() => load(cwd, '/dev/zero'))).toBe('/dev/zero: cannot be read: it is a device')
    expect(failure(() => load(cwd, 'pipe'))).toBe('pipe: cannot be read: it is a named pipe')
    expect(failure(() => load(cwd, 'huge'))).toBe('huge: cannot be read: it is larger than 64 MiB')
    expect(failure(() => parseExtraVars(['@/dev/zero'], load(cwd).vault, cwd))).toContain('it is a device')
    expect(failure(() => loadPlaybook('pipe', { cwd }))).toContain('it is a named pipe')
  })

  it('names the place of a byte that is not UTF-8, and takes comments as Ansible does', () => {
    const text = (bytes: string) => Buffer.from(bytes, 'latin1')
    const cwd = workspace({})
    writeFileSync(join(cwd, 'hosts'), text('[nfs]\n# f\xfcr\nM1 a=m\xfcde\n'))
    writeFileSync(join(cwd, 'hosts.yml'), text('nfs:\n  # \xc3\xbc \xfc\n  hosts: M1\n'))
    writeFileSync(join(cwd, 'fine'), text('[nfs]\n# f\xfcr\nM1\n'))
    expect(failure(() => load(cwd))).toContain('hosts:3:7: this is not UTF-8 text (byte 0xFC)')
    expect(failure(() => load(cwd, 'hosts.yml'))).toContain('hosts.yml:2:7: this is not UTF-8 text (byte 0xFC)')
    expect([...load(cwd, 'fine').hosts.keys()]).toEqual(['M1'])
  })
})

describe('a large inventory', () => {
  it('takes time in proportion to its size: a ladder of groups', () => {
    const rungs = Array.from({ length: 2000 }, (_, n) => `[a${n}:children]\na${n + 1}\nb${n + 1}\n[b${n}:children]\na${n + 1}\nb${n + 1}\n`)
    const inventory = inventoryOf({ hosts: `${rungs.join('')}[a2000]\nM1\n[b2000]\nM2\n` })
    expect(groupsOf(inventory, 'M1')).toHaveLength(2 * 2000 + 2)
    expect(inventory.groups.get('b2000')?.depth).toBe(2001)
    expect(matchHosts(inventory, 'a0')).toEqual(['M1', 'M2'])
    expect(matchHosts(inventory, 'a*:!b7')).toEqual([])
  })

  it('takes time in proportion to its size: a file with an error in every line', { timeout: 60_000 }, () => {
    const undeclared = Array.from({ length: 20_000 }, (_, n) => `group-${n}\n`).join('')
    const message = failure(() =>
      inventoryOf({ hosts: `${Array.from({ length: 20_000 }, (_, n) => `[g${n}]\n`).join('')}[all:children]\n${undeclared}` }),
    )
    expect(message).toContain("hosts:20002:1: group 'group-0' is not declared")
    expect(message).toContain('and 19980 more mistakes')
    expect(failure(() => matchHosts(inventoryOf({ hosts: 'M[1:20000]\n' }), 'M'.repeat(100_000)))).toContain('it has: M1, M2')
  })

  it.each([
    ['[g]\nM1 a=', "'x'", 'hosts:2:1: this line is longer than 500000 characters'],
    ['[g]\n', 'h', "hosts:2:1: 'hhhh"],
  ])('refuses a line that would overflow the stack: %j', (before, piece, message) => {
    expect(failure(() => inventoryOf({ hosts: `${before}${piece.repeat(400_000)}\n` }))).toContain(message)
  })

  it('refuses a host or a pattern of a million characters', () => {
    expect(failure(() => inventoryOf({ 'hosts.yml': `g: {hosts: {? ${'h'.repeat(1_000_000)} : }}\n` }))).toContain(
      'is too long for the name of a host',
    )
    expect(failure(() => matchHosts(inventoryOf({ hosts: 'M1\n' }), '[a]'.repeat(400_000)))).toContain('this pattern is longer than')
  })

  // If any step were quadratic, 50,000 hosts would already take minutes.
  it('takes time in proportion to its size: 200,000 hosts', { timeout: 600_000 }, () => {
    const count = process.env.NFSHA_LONG ? 200_000 : 50_000
    const lines = Array.from({ length: count }, (_, n) => `h${n} a=${n}\n`)
    const inventory = inventoryOf({ hosts: `[nfs]\nM[1:2]\n[web]\n${lines.join('')}` })
    expect(matchHosts(inventory, 'all:!web')).toEqual(['M1', 'M2'])
    expect(matchHosts(inventory, '~h.*9$:&web')).toHaveLength(count / 10)
    expect(limitHosts(inventory, ['M1', 'M2'], 'web,M2')).toEqual(['M2'])
    expect(variablesOf(inventory, `h${count - 1}`).get('a')?.value).toMatchObject({ value: count - 1 })
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
  // Each step removes the strongest layer; the next one must win.
  it('have the precedence of Ansible', () => {
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

  it('also come from beside the playbook, overridden by play vars and -e', () => {
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

  it('of an encrypted file need a password only when they are read', () => {
    const vaulted = { hosts: '[nfs]\nM1\n', 'group_vars/nfs/vault.yml': encrypt('token: tiger\nn: 5\n', { password: 'p' }) }
    expect([...inventoryOf(vaulted).hosts.keys()]).toEqual(['M1'])
    expect(failure(() => variablesOf(inventoryOf(vaulted), 'M1'))).toMatch(
      /group_vars\/nfs\/vault.yml: this is encrypted, and no vault password/,
    )
    expect(readVariable(inventoryOf(vaulted, { vaultPasswords: [{ password: 'p' }] }), 'M1', 'token')).toBe('tiger')
  })

  it('of groups apply in the order depth, priority, name', () => {
    const inventory = inventoryOf({
      'hosts.yml': 'b: {hosts: M1}\na: {hosts: M1, vars: {ansible_group_priority: 5}}\nB: {hosts: M1}\ntop: {children: {b: }}\n',
    })
    expect(groupsOf(inventory, 'M1').map(group => group.name)).toEqual(['all', 'B', 'top', 'a', 'b'])
  })

  it('of an unknown host are an error', () => {
    expect(failure(() => variablesOf(inventoryOf({ hosts: 'M1\n' }), 'M2'))).toContain("did you mean 'M1'?")
  })
})
