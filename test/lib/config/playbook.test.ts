import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPlaybook } from '../../../lib/config/playbook.ts'
import { reveal } from '../../../lib/config/value.ts'
import { failure, workspace } from './workspace.ts'

const roleNames = ['base', 'heartbeat', 'nfs']
const load = (files: Record<string, string>) => loadPlaybook('site.yml', { cwd: workspace(files), roleNames })
const problem = (text: string) => failure(() => load({ 'site.yml': text }))

describe('loadPlaybook', () => {
  it('reads plays with their roles, tags and variables', () => {
    const { file, plays } = load({
      'site.yml': `- name: one
  hosts: [nfs, "!M2"]
  become: yes
  remote_user: ops
  gather_facts: no
  any_errors_fatal: false
  serial: 1
  tags: cluster
  vars: {nfs_threads: 8, x: 1}
  vars_files: [vars/more.yml]
  roles:
    - base
    - {role: nfs, tags: [share, never], vars: {nfs_threads: 16}}
- hosts: clients
`,
      'vars/more.yml': 'x: 2\n',
    })
    expect(file).toBe('site.yml')
    expect(
      plays.map(({ name, hosts, tags, become, remoteUser, anyErrorsFatal, serial }) => ({
        name,
        hosts,
        tags,
        become,
        remoteUser,
        anyErrorsFatal,
        serial,
      })),
    ).toEqual([
      { name: 'one', hosts: ['nfs', '!M2'], tags: ['cluster'], become: true, remoteUser: 'ops', anyErrorsFatal: false, serial: 1 },
      { name: 'clients', hosts: ['clients'], tags: [], become: undefined, remoteUser: undefined, anyErrorsFatal: true, serial: undefined },
    ])
    const [play] = plays
    expect(play?.roles.map(({ role, tags }) => ({ role, tags }))).toEqual([
      { role: 'base', tags: ['cluster', 'base'] },
      { role: 'nfs', tags: ['cluster', 'share', 'never', 'nfs'] },
    ])
    const x = play?.vars.get('x')?.value
    expect(x && reveal(x, { decrypt: String }).value).toBe(2)
  })

  it('follows imports beside the file, and passes their tags on', () => {
    const { plays } = load({
      'site.yml': '- import_playbook: sub/a.yml\n  tags: imported\n- hosts: web\n',
      'sub/a.yml': '- import_playbook: b.yml\n',
      'sub/b.yml': '- hosts: nfs\n  roles: [base]\n',
    })
    expect(plays.map(play => [play.hosts, play.roles.map(role => role.tags)])).toEqual([
      [['nfs'], [['base', 'imported']]],
      [['web'], []],
    ])
    expect(failure(() => load({ 'site.yml': '- import_playbook: site.yml\n' }))).toContain('cannot import itself')
    expect(failure(() => load({ 'site.yml': '- import_playbook: none.yml\n' }))).toContain('no such file')
  })

  it('limits the depth and the number of imports', () => {
    const chain = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`p${n}.yml`, `- import_playbook: p${n + 1}.yml\n`]))
    expect(failure(() => load({ ...chain, 'site.yml': '- import_playbook: p0.yml\n' }))).toContain(
      'p49.yml:1:20: imports are nested deeper than 50 playbooks',
    )
    const ladder = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}.yml`, `- import_playbook: p${n + 1}.yml\n`.repeat(2)]))
    expect(failure(() => load({ ...ladder, 'p30.yml': '[]', 'site.yml': '- import_playbook: p0.yml\n' }))).toContain(
      'more than 1000 imports',
    )
  })

  it.each([
    [
      '- hosts: nfs\n  tasks: []',
      "site.yml:2:3: 'tasks' cannot be used in a play\n    tasks: []\n    ^\n  tasks in playbooks are not supported: logic belongs in roles",
    ],
    ['- hosts: nfs\n  roles:\n    - {role: nfs, when: x}', 'conditions and loops in playbooks are not supported'],
    ['- hosts: nfs\n  rolse: [nfs]', "did you mean 'roles'?"],
    ['- hosts: nfs\n  roles: [heartbeet]', "site.yml:2:11: no role 'heartbeet'"],
    ['- hosts: "{{ target }}"', 'templates ({{ }}) are not supported'],
    ['- roles: [nfs]', "a play needs 'hosts'"],
    ['- hosts: []', 'names no host'],
    ['- hosts: nfs\n  become: perhaps', 'true or false'],
    ['- hosts: nfs\n  serial: 50%', 'a whole number'],
    ['- hosts: nfs\n  vars: [a]', 'variables are written as a mapping'],
    ['hosts: nfs', 'a playbook is a list of plays'],
    ['- nfs', 'a play is a mapping'],
    ['- hosts: nfs\n  roles:\n    - tags: x', "needs 'role'"],
    ['- hosts: nfs\n  strategy: free', 'in parallel'],
  ])('refuses %j', (text, message) => {
    expect(problem(text)).toContain(message)
  })

  it('reports all mistakes of all plays at once', () => {
    expect(problem('- hosts: a\n  rolse: []\n  tasks: []\n- hosts: b\n  handlers: []').match(/^site.yml:/gm)).toHaveLength(3)
  })

  it('reports a missing file', () => {
    const cwd = workspace({})
    expect(failure(() => loadPlaybook(join(cwd, 'x.yml'), { cwd }))).toBe('x.yml: cannot be read: there is no such file')
  })
})
