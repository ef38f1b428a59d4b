import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { variableDocs } from '../../lib/cli/doc/variable-docs.ts'
import { isOurs, prefixesOf } from '../../lib/config/own-names.ts'
import { packageRoot } from '../../lib/text/packaged.ts'
import type { RoleVars } from '../../roles/role-vars.ts'
import { roleVars } from '../../roles/role-vars.ts'
import { ClientVars, Vars } from '../../roles/vars.ts'

const folders = readdirSync(join(packageRoot, 'roles')).filter(name => existsSync(join(packageRoot, 'roles', name, 'vars.ts')))

test('the variables of every role, and their prefixes, are in the schema', async () => {
  expect(folders.length).toBeGreaterThan(8)
  const names: string[] = []
  for (const folder of folders) {
    const module: Record<string, unknown> = await import(join(packageRoot, 'roles', folder, 'vars.ts'))
    const [own] = Object.values(module).filter(value => (value as Partial<RoleVars<z.ZodRawShape>>).prefixes !== undefined)
    const { prefixes, fields } = own as RoleVars<z.ZodRawShape>
    const missing = (wanted: readonly string[], given: string[]) => wanted.filter(name => !given.includes(name))
    expect(missing(Object.keys(fields), Object.keys(Vars.shape)), `${folder}: add its fields in roles/vars.ts`).toEqual([])
    for (const schema of [Vars, ClientVars])
      expect(missing(prefixes, prefixesOf(schema)), `${folder}: add it to varsByRole in roles/vars.ts`).toEqual([])
    names.push(...Object.keys(fields))
  }
  expect(names.sort(), 'each has one owner').toEqual(Object.keys(Vars.shape).sort())
})

test('every variable is read by something', () => {
  const files = ['lib', 'roles'].flatMap(folder =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' }).map(name => join(packageRoot, folder, name)),
  )
  const text = files.filter(file => /(?<!\/vars)\.ts$/.test(file)).map(file => readFileSync(file, 'utf8'))
  const words = new Set(text.join('\n').match(/\w+/g))
  expect(Object.keys(Vars.shape).filter(name => !words.has(name))).toEqual([])
})

test('a variable that is called a secret is masked: give it .meta({ secret: true })', () => {
  const shown = variableDocs(Vars.shape).filter(({ name, isSecret }) => /_(secret|password|key)$/.test(name) && !isSecret)
  expect(shown.map(({ name }) => name)).toEqual([])
})

test('unknown names with the prefix of a role are errors, other names are ignored', () => {
  for (const name of Object.keys(Vars.shape)) expect(isOurs(name, Vars), name).toBe(true)
  for (const name of [
    'node_x',
    'routes_x',
    'base_x',
    'heartbeat_x',
    'drbd_x',
    'nfs_x',
    'ha_x',
    'client_x',
    'failover_x',
    'nfsha_x',
    'accept_client_break_x',
  ])
    expect(isOurs(name, ClientVars), name).toBe(true)
  for (const name of ['ntp_server', 'to', 'confirm', 'accept_x', 'nodes', 'x_ha_y']) expect(isOurs(name, Vars), name).toBe(false)
})

test('a variable without the prefix of its role does not compile', () => {
  expect(roleVars(['nfs_'], { nfs_threads: z.number() }).prefixes).toEqual(['nfs_'])
  // @ts-expect-error no prefix covers lease
  expect(roleVars(['nfs_'], { nfs_threads: z.number(), lease: z.number() }).prefixes).toEqual(['nfs_'])
})
