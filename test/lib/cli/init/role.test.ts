import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workspace } from '../../config/workspace.ts'
import { bin, cliIn } from '../run.ts'

/** A directory with a `nfsha-play` on its PATH, like an installed one. */
const installed = () => {
  const cwd = workspace({ 'bin/nfsha-play': `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n` })
  chmodSync(join(cwd, 'bin/nfsha-play'), 0o755)
  return { cwd, env: { ...process.env, PATH: `${join(cwd, 'bin')}:${process.env.PATH}`, NODE_OPTIONS: '' } }
}

test('a new role passes its test, and the test fails when the role is changed', () => {
  const { cwd, env } = installed()
  expect(cliIn(cwd, ['init', 'role', 'my-role'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^wrote roles\/my-role and my-role\.yml: [\s\S]*node --test roles\/my-role\/role\.test\.mjs\n/),
  })
  const tested = () => spawnSync(process.execPath, ['--test', 'roles/my-role/role.test.mjs'], { cwd, env, encoding: 'utf8' })
  const good = tested()
  expect(good.status, good.stdout + good.stderr).toBe(0)
  expect(good.stdout).toMatch(/pass 2/)
  const file = join(cwd, 'roles/my-role/role.ts')
  const text = readFileSync(file, 'utf8')
  spawnSync('sed', ['-i', 's#/etc/my-role.conf#/etc/other.conf#', file])
  expect(readFileSync(file, 'utf8')).not.toBe(text)
  expect(tested().status).toBe(1)
})

test('nothing is overwritten, and an invalid name is refused', () => {
  const cwd = workspace({ 'roles/web/role.ts': 'mine\n' })
  expect(cliIn(cwd, ['init', 'role', 'web'])).toMatchObject({ status: 2, stderr: 'roles/web: already exists\n  nothing was written\n' })
  expect(existsSync(join(cwd, 'roles/web/role.test.mjs'))).toBe(false)
  for (const name of ['Web', '../web', 'heartbeat', '-x']) {
    const { status, stderr } = cliIn(cwd, ['init', 'role', '--', name])
    expect(status, name).toBe(2)
    expect(stderr).toMatch(/^(invalid role name|'heartbeat' is a role of nfsha-play)/)
  }
})
