import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { documentedNames } from '../../../../lib/cli/doc/doc.ts'
import { documented, resourceDocs, sectionOf } from '../../../../lib/cli/doc/sources.ts'
import { packagedFile } from '../../../../lib/text/packaged.ts'
import { roles } from '../../../../roles/index.ts'
import { Vars } from '../../../../roles/vars.ts'
import { workspace } from '../../config/workspace.ts'
import { cli, cliIn } from '../run.ts'

describe('nfsha-play doc', () => {
  test('a variable: its default, its role, its meaning', () => {
    expect(cli('doc', 'heartbeat_deadtime').stdout).toBe(
      'heartbeat_deadtime (default: 8, role heartbeat)\n  a silent node is declared dead after this time, in seconds or as 2500ms\n',
    )
    expect(cli('doc', 'heartbeat_secret').stdout).toMatch(/^heartbeat_secret \(required, secret, role heartbeat\)\n/)
    expect(cli('doc', 'ha_vip').stdout).toMatch(/^ha_vip \(required\)\n/)
  })

  test('a role: its playbooks, its manual, its variables', () => {
    const { stdout } = cli('doc', 'routes')
    expect(stdout).toMatch(
      /^role routes: the peer's heartbeat and replication addresses stay on their own links\n {2}played by: .*site\.yml/,
    )
    expect(stdout).toContain('Never*: takes a NIC down')
  })

  test('a resource, and without a name all of them', () => {
    expect(cli('doc', 'lineInFile').stdout).toMatch(/^lineInFile\(path, line, match\), edited\(/)
    const { stdout } = cli('doc')
    for (const { name } of roles) expect(stdout).toContain(`\n  ${name} `)
  })

  test('a role of your own', () => {
    const role = `import { defineRole, z } from 'nfsha-play'
export default defineRole({ name: 'web', summary: 'a web server', vars: z.object({ web_port: z.number().default(80).describe('TCP port') }), steps: () => [] })
`
    const cwd = workspace({ 'roles/web/role.ts': role })
    expect(cliIn(cwd, ['doc', 'web']).stdout).toMatch(
      /^role web: a web server\n {2}file: .*roles\/web\/role\.ts\n\n {2}variables:\n {4}web_port \(default: 80\)\n {6}TCP port\n$/,
    )
    expect(cliIn(cwd, ['doc', 'web_port']).stdout).toBe('web_port (default: 80, role web)\n  TCP port\n')
  })

  test('an unknown name is an error with a suggestion', () => {
    expect(cli('doc', 'heartbeat_deadtme')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "no role, resource or variable is named 'heartbeat_deadtme': did you mean 'heartbeat_deadtime'?\n",
    })
  })
})

test('every role and every variable is known', () => {
  const names = documentedNames(documented([]))
  expect([...roles.map(r => r.name), ...Object.keys(Vars.shape)].filter(name => !names.includes(name))).toEqual([])
})

test('every kind of resource has a row below Resources in docs/your-own-role.md', () => {
  const names = documentedNames(documented([]))
  const index = readFileSync(packagedFile('lib/role-api/index.ts'), 'utf8')
  const [, kinds = ''] = /^\/\/ Kinds of resources of a host\.\n\n(.*?)\n\/\/ /ms.exec(index) ?? []
  const exported = [...kinds.matchAll(/^export \{(.*?)\}/gms)].flatMap(([, list = '']) => list.split(',').map(name => name.trim()))
  expect(exported).toContain('cronEntry')
  expect(exported.filter(name => !names.includes(name))).toEqual([])
})

test('the manual is split at its headings', () => {
  expect(sectionOf('# A\n\n## one\ntext\n\n## two\nmore\n', 'one')).toBe('text')
  expect(sectionOf('# A\n', 'one')).toBe('')
  expect(resourceDocs(readFileSync(packagedFile('docs/your-own-role.md'), 'utf8')).find(r => r.names.includes('sysctl'))?.names).toEqual([
    'kernelModule',
    'sysctl',
  ])
})
