import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { roles } from '../../../roles/index.ts'
import { isRoleName } from '../../own-roles/find.ts'
import { prefixOf } from '../../own-roles/prefix.ts'
import { oneLine } from '../../text/layout.ts'
import { UsageError } from '../options.ts'
import { refusedWrite, writeNew } from './write-new.ts'

/**
 * Writes `roles/<name>/role.ts`, a test of it and the playbook `<name>.yml` below a directory; returns the next steps. Throws `UsageError`
 * for an invalid role name, and `ConfigError` when a file already exists: nothing is overwritten.
 */
export const initRole = (name: string, directory: string): string => {
  if (!isRoleName(name)) throw new UsageError(`invalid role name '${oneLine(name)}': use lower-case letters, digits and - between them`)
  if (roles.some(role => role.name === name)) throw new UsageError(`'${name}' is a role of nfsha-play: choose another name`)
  const folder = join(directory, 'roles', name)
  const playbook = join(directory, `${name}.yml`)
  const there = [folder, playbook].find(path => existsSync(path))
  if (there !== undefined) throw refusedWrite(there, { code: 'EEXIST' })
  const files = {
    [join(folder, 'role.ts')]: roleText(name),
    [join(folder, 'role.test.mjs')]: testText(name),
    [playbook]: playbookText(name),
  }
  for (const [path, text] of Object.entries(files)) writeNew(path, text)
  return `wrote ${folder} and ${playbook}: a role that puts a file on a host. Next steps${directory === '.' ? '' : `, in ${directory}`}:

  1. run its test, which changes no host:  node --test roles/${name}/role.test.mjs
  2. see what it would change:             nfsha-play ${name}.yml --check --diff
  3. read about resources and variables:   nfsha-play doc, docs/your-own-role.md
`
}

const playbookText = (name: string): string => `- name: ${name}
  hosts: all
  roles: [${name}]
`

const roleText = (name: string): string => `import { defineRole, file, z } from 'nfsha-play'

export default defineRole({
  name: '${name}',
  summary: 'what it does, in one line',
  vars: z.object({
    ${prefixOf(name)}text: z.string().default('hello').describe('text in the file'),
  }),
  steps: ({ vars }) => [file('/etc/${name}.conf', { content: \`# Managed by nfsha-play.\\n\${vars.${prefixOf(name)}text}\\n\` })],
})
`

const testText = (name: string): string => `// node --test roles/${name}/role.test.mjs
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'role-'))
const inventory = join(folder, 'hosts.yml')
writeFileSync(inventory, 'all: {hosts: {one: {}}}\\n')
after(() => rmSync(folder, { recursive: true }))

/** Runs nfsha-play with an inventory of one host. It never connects to that host. */
const nfsha = (...argv) => {
  const result = spawnSync('nfsha-play', [join(import.meta.dirname, '../../${name}.yml'), '-i', inventory, ...argv], { encoding: 'utf8' })
  if (result.error) throw new Error('cannot start nfsha-play: is it in the PATH?', { cause: result.error })
  return result
}

test('the role installs its file', () => {
  const { stdout, stderr, status } = nfsha('--list-tasks')
  assert.equal(status, 0, stderr)
  assert.match(stdout, /file \\/etc\\/${name}\\.conf/)
})

test('a value that is not text is refused, and the message names the variable', () => {
  const { stderr, status } = nfsha('--syntax-check', '-e', '{"${prefixOf(name)}text": [1]}')
  assert.equal(status, 2)
  assert.match(stderr, /${prefixOf(name)}text/)
})
`
