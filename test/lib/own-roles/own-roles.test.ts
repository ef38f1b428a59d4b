import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { cliIn } from '../cli/run.ts'

vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'nfsha-own-'))
afterAll(() => rmSync(folder, { recursive: true }))
let project = ''
beforeEach(() => {
  project = mkdtempSync(join(folder, 'project-'))
  write('play.yml', '- hosts: all\n  roles: [motd]\n')
})

const write = (name: string, text: string): string => {
  const path = join(project, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}
const roleFile = 'roles/motd/role.ts'
const role = (more = '') => `import { defineRole, file, z } from 'nfsha-play'
import { text } from './text.ts'
${more}
export default defineRole({
  name: 'motd',
  vars: z.object({
    motd_text: z.string().default(text as string).describe('what is shown'),
    motd_secret: z.string().meta({ secret: true }).optional(),
  }),
  steps: ({ vars }) => [file('/etc/motd', { content: vars.motd_text })],
})
`
const writeRole = (more?: string) => {
  write('roles/motd/text.ts', "export const text: unknown = 'hello'\n")
  return write(roleFile, role(more))
}

const play = (...argv: string[]) => cliIn(project, ['play.yml', '-i', 'one,', ...argv])
const refused = (expected: RegExp) => {
  const { status, stdout, stderr } = play('--list-tasks')
  expect(stderr).toMatch(expected)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
}

describe('a role of your own', () => {
  test('is found beside the playbook or under --roles-path, and listed like built-in roles', () => {
    writeRole()
    const list = 'play #1 (all)\n  motd : file /etc/motd\n'
    expect(play('--list-tasks')).toMatchObject({ status: 0, stdout: list, stderr: '' })
    const elsewhere = mkdtempSync(join(folder, 'elsewhere-'))
    expect(cliIn(elsewhere, [join(project, 'play.yml'), '-i', 'one,', '--list-tasks'])).toMatchObject({ status: 0, stdout: list })
    writeFileSync(join(elsewhere, 'other.yml'), '- hosts: all\n  roles: [motd]\n')
    expect(cliIn(elsewhere, ['other.yml', '-i', 'one,', '--list-tasks'])).toMatchObject({ status: 2 })
    const found = cliIn(elsewhere, ['other.yml', '-i', 'one,', '--list-tasks', '--roles-path', join(project, 'roles')])
    expect(found).toMatchObject({ status: 0, stdout: list })
  })

  test('its variables are shown with place and default, and unknown ones are refused', () => {
    writeRole()
    write('hosts.ini', 'one motd_text=hi\n')
    expect(cliIn(project, ['vars', 'one', '-i', 'hosts.ini']).stdout).toMatch(/motd_text +hi +hosts\.ini:1:15/)
    expect(cliIn(project, ['vars', 'one', '-i', 'one,']).stdout).toMatch(/motd_text +hello +default of the role/)
    write('hosts.ini', 'one motd_txt=hi\n')
    const { status, stderr } = cliIn(project, ['play.yml', '-i', 'hosts.ini', '--syntax-check'])
    expect(stderr).toMatch(/hosts\.ini:1:5: .*unknown variable 'motd_txt'[\s\S]*motd_text/)
    expect(status).toBe(2)
    expect(play('--syntax-check', '-e', 'motd_txt=x').stderr).toMatch(/did you mean 'motd_text'/)
    expect(play('--syntax-check', '-e', 'motd_text=x')).toMatchObject({ status: 0 })
    expect(play('--syntax-check', '-e', '{"motd_text": []}')).toMatchObject({ status: 2, stderr: expect.stringContaining('motd_text') })
  })

  test('a host outside a cluster can be treated as the nearest supported system', () => {
    writeRole()
    expect(play('--syntax-check', '-e', 'accept_untested_platform=debian13')).toMatchObject({ status: 0, stderr: '' })
    expect(play('--syntax-check', '-e', 'accept_untested_platform=debian14').stderr).toContain('accept_untested_platform')
    write('hosts.ini', 'one accept_untested_platform=debian12\n')
    expect(cliIn(project, ['vars', 'one', '-i', 'hosts.ini']).stdout).toMatch(/accept_untested_platform +debian12 +hosts\.ini:1:30/)
  })

  test('a play that also names a built-in role skips hosts outside a cluster', () => {
    writeRole()
    write('play.yml', '- hosts: all\n  roles: [base, motd]\n')
    expect(play()).toMatchObject({ status: 2, stderr: expect.stringContaining('no host') })
  })
})

describe('errors name file and line, exit code 2', () => {
  test('a compile error', () => {
    writeRole('const = 3')
    refused(/^roles\/motd\/role\.ts:3:7: .*\n {2}const = 3\n/)
  })

  test('a resource that does not exist', () => {
    write(roleFile, "import { defineRole, fil } from 'nfsha-play'\nexport default defineRole({ name: 'motd', steps: () => [fil()] })\n")
    refused(/^roles\/motd\/role\.ts:1:22: No matching export in "nfsha-play" for import "fil"/)
  })

  test('an import that does not exist', () => {
    write(roleFile, "import './nothing.ts'\n")
    refused(/^roles\/motd\/role\.ts:1:8: Could not resolve "\.\/nothing\.ts"/)
  })

  test.each([
    ['nothing', '\nconst x = 1\n', /role\.ts:1:1: the default export of a role must be the result of defineRole/],
    ['no default', "\nexport const name = 'motd'\n", /role\.ts:2:1: the default export of a role/],
    ['an object', "export default { name: 'motd', steps: () => [] }", /role\.ts:1:1: the default export of a role/],
    ['another name', define("name: 'other', steps: () => []"), /role\.ts:2:29: the role is named 'other', but its directory 'motd'/],
    ['no steps', define("name: 'motd'"), /a role needs the function 'steps'/],
    [
      'a foreign variable',
      define("name: 'motd', vars: z.object({ port: z.number() }), steps: () => []"),
      /role\.ts:2:\d+: variable 'port' of role 'motd' must begin with 'motd_'/,
    ],
    ['a role that throws', "\nthrow new TypeError('broken')\n", /role\.ts:2:1: the role cannot be loaded: broken/],
  ])('%s', (_name, text, message) => {
    write(roleFile, text)
    refused(message)
  })

  test('two roles with one name, including a built-in one', () => {
    writeRole()
    write('more/motd/role.ts', role())
    expect(play('--list-tasks', '--roles-path', 'more')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/two roles are named 'motd'/),
    })
    write('roles/base/role.ts', '')
    write('play.yml', '- hosts: all\n  roles: [base]\n')
    refused(/^roles\/base\/role\.ts:1:1: two roles are named 'base'/)
  })

  test('a name whose variables would collide with built-in ones', () => {
    write('roles/nfs-extra/role.ts', define("name: 'nfs-extra', steps: () => []"))
    write('play.yml', '- hosts: all\n  roles: [nfs-extra]\n')
    refused(/variables that begin with 'nfs_' belong to nfsha-play/)
  })
})

describe('files that others can write are not run', () => {
  const owned = () => existsSync(join(project, 'OWNED'))
  const trap = () => `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(join(project, 'OWNED'))}, '')`

  test.each([
    ['the file', roleFile, 0o664],
    ['for all', roleFile, 0o646],
    ['what it imports', 'roles/motd/text.ts', 0o666],
    ['its directory', 'roles/motd', 0o775],
    ['its directory, sticky', 'roles/motd', 0o1777],
    ['the directory above', 'roles', 0o777],
  ])('%s', (_name, path, mode) => {
    writeRole(trap())
    chmodSync(join(project, path), mode)
    refused(/is writable by others: a role that others can change is not run/)
    expect(owned()).toBe(false)
    chmodSync(join(project, path), 0o755)
    expect(play('--list-tasks').status).toBe(0)
    expect(owned()).toBe(true)
  })

  test.skipIf(process.getuid?.() !== 0)('a file of another user, and a link to it', () => {
    const file = writeRole(trap())
    chownSync(file, 65_534, 65_534)
    refused(/belongs to another user \(uid 65534\)/)
    chownSync(file, 0, 0)
    chownSync(join(project, 'roles/motd'), 65_534, 65_534)
    refused(/belongs to another user/)
    expect(owned()).toBe(false)
  })

  test('a tsconfig.json beside it does not affect how imports are resolved', () => {
    writeRole()
    write('evil.ts', `${trap()}\nexport const text = ''`)
    const paths = { './text.ts': ['./evil.ts'], 'nfsha-play': ['./evil.ts'] }
    write('tsconfig.json', JSON.stringify({ compilerOptions: { baseUrl: '.', paths } }))
    expect(play('--list-tasks').status).toBe(0)
    expect(owned()).toBe(false)
  })
})

const define = (body: string): string => `import { defineRole, z } from 'nfsha-play'\nexport default defineRole({ ${body} })\n`
