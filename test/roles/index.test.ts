import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packagedFile } from '../../lib/text/packaged.ts'
import { roles } from '../../roles/index.ts'

const names = roles.map(role => role.name)

test('every role.ts is in roles/index.ts, under the name of its directory', () => {
  const directories = readdirSync(packagedFile('roles')).filter(name => existsSync(packagedFile(`roles/${name}/role.ts`)))
  expect(names.toSorted()).toEqual(directories.toSorted())
})

test('docs/roles.md describes every role: add a heading or a row with its name or playbook', () => {
  const page = readFileSync(packagedFile('docs/roles.md'), 'utf8')
  expect(names.filter(name => !new RegExp(`^## ${name}$|\`${name}(\\.yml|\`)`, 'm').test(page))).toEqual([])
})
