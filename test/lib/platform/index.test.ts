import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { supportedSystems } from '../../../lib/platform/index.ts'
import { packagedFile } from '../../../lib/text/packaged.ts'

const isPlatform = (value: unknown): value is { name: string } =>
  typeof value === 'object' && value !== null && 'name' in value && 'commands' in value && 'services' in value

test('every platform of lib/platform is in its index.ts', async () => {
  const files = readdirSync(packagedFile('lib/platform')).filter(name => name.endsWith('.ts'))
  const modules: Record<string, unknown>[] = await Promise.all(files.map(name => import(packagedFile(`lib/platform/${name}`))))
  const defined = modules.flatMap(module => Object.values(module)).filter(isPlatform)
  expect(supportedSystems().split(', ').toSorted()).toEqual([...new Set(defined.map(p => p.name))].toSorted())
})

test('docs/platforms.md has a row for every supported system, with the tests that were run', () => {
  const page = readFileSync(packagedFile('docs/platforms.md'), 'utf8')
  expect(
    supportedSystems()
      .split(', ')
      .filter(name => !page.includes(`\n| ${name} |`)),
  ).toEqual([])
})
