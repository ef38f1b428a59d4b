import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../roles/packaged.ts'

const files = readdirSync(join(packageRoot, 'roles'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => join('roles', name))
/** The role that a file belongs to: its folder, when that has a role.ts. */
const roleOf = (file: string): string | undefined => {
  const [, folder = ''] = normalize(file).split(sep)
  return existsSync(join(packageRoot, 'roles', folder, 'role.ts')) ? folder : undefined
}
const importsOf = (file: string): string[] =>
  [...readFileSync(join(packageRoot, file), 'utf8').matchAll(/\b(?:from|import) ?\(?'(\.[^']+)'/g)].map(m =>
    join(dirname(file), m[1] ?? ''),
  )
const edges = files.flatMap(file => importsOf(file).map(to => ({ file, to })))

/** What is put together of all roles: one place each. */
const composition = ['roles/index.ts', 'roles/vars.ts']

describe('imports between the folders of roles/', () => {
  it('sees the roles and their imports', () => {
    expect(new Set(files.map(roleOf))).toContain('heartbeat')
    expect(roleOf('roles/service/hand-over.ts')).toBeUndefined()
    expect(edges.filter(e => roleOf(e.to) !== undefined).length).toBeGreaterThan(50)
  })

  it('no role imports another role: what two of them need is in roles/service', () => {
    const found = edges.filter(({ file, to }) => roleOf(file) !== undefined && roleOf(to) !== undefined && roleOf(file) !== roleOf(to))
    expect(found).toEqual([])
  })

  it('what is below the roles imports none of them', () => {
    const found = edges.filter(({ file, to }) => roleOf(file) === undefined && !composition.includes(file) && roleOf(to) !== undefined)
    expect(found).toEqual([])
  })
})
