import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadPlaybook } from '../../lib/config/playbook.ts'
import { packagedFile } from '../../lib/text/packaged.ts'
import { roles, siteRoles } from '../../roles/index.ts'

const names = roles.map(role => role.name)

test('every role.ts is in roles/index.ts, under the name of its directory', () => {
  const directories = readdirSync(packagedFile('roles')).filter(name => existsSync(packagedFile(`roles/${name}/role.ts`)))
  expect(names.toSorted()).toEqual(directories.toSorted())
})

/** The roles of every play of our playbooks. */
const plays = readdirSync(packagedFile('playbooks')).flatMap(file => {
  const playbook = loadPlaybook(packagedFile(`playbooks/${file}`), { roleNames: names })
  return playbook.plays.map(play => ({ file, played: play.roles.map(({ role }) => role) }))
})

test('every role is played by a playbook: add it to site.yml, or write one', () => {
  expect(names.filter(name => !plays.some(({ played }) => played.includes(name)))).toEqual([])
})

test('site.yml, upgrade.yml and replace-node.yml play all roles of a node, in the order of siteRoles', () => {
  const ofNode = siteRoles.map(role => role.name).filter(name => name !== 'client')
  const ofSite = plays.map(({ file, played }) => ({ file, played: played.filter(name => ofNode.includes(name)) }))
  // One of them alone is a repair: move-disk.yml plays drbd-init.
  const building = ofSite.filter(({ played }) => played.length > 1)
  expect(building).toEqual(['replace-node.yml', 'site.yml', 'upgrade.yml', 'upgrade.yml'].map(file => ({ file, played: ofNode })))
})

test('docs/roles.md describes every role: add a heading or a row with its name or playbook', () => {
  const page = readFileSync(packagedFile('docs/roles.md'), 'utf8')
  expect(names.filter(name => !new RegExp(`^## ${name}$|\`${name}(\\.yml|\`)`, 'm').test(page))).toEqual([])
})
