import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packagedFile } from '../../../../lib/text/packaged.ts'
import { workspace } from '../../config/workspace.ts'
import { cliIn } from '../run.ts'

const example = readFileSync(packagedFile('inventory/hosts.yml'), 'utf8')

it('init writes the example and prints the next steps; the next command finds it', () => {
  const cwd = workspace({})
  const { status, stdout } = cliIn(cwd, ['init'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^wrote inventory\/hosts\.yml, an example\. Next steps:\n[\s\S]*nfsha_example[\s\S]*--check --diff/)
  expect(readFileSync(join(cwd, 'inventory/hosts.yml'), 'utf8')).toBe(example)
  expect(cliIn(cwd, ['inventory', '--graph']).stderr).toMatch(/^inventory\/hosts\.yml:\d+:\d+: this inventory is an example/)
})

it('init overwrites nothing', () => {
  const cwd = workspace({ 'site/inventory/hosts.yml': 'mine\n', 'file/inventory': '' })
  const { status, stdout, stderr } = cliIn(cwd, ['init', 'site'])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toBe('site/inventory/hosts.yml: already exists\n  nothing was written\n')
  expect(readFileSync(join(cwd, 'site/inventory/hosts.yml'), 'utf8')).toBe('mine\n')
  expect(cliIn(cwd, ['init', 'file']).status).toBe(2)
})
