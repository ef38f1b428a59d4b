import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packagedFile, packageRoot } from '../../../lib/text/packaged.ts'

test('a packaged file is found from the root of the package', () => expect(existsSync(packagedFile('package.json'))).toBe(true))

test('no other source looks for a file beside itself: the build is in another place', () => {
  const found = execFileSync('grep', ['-rlF', 'import.meta.url', 'lib', 'roles'], { cwd: packageRoot, encoding: 'utf8' })
  expect(found.trim().split('\n').sort()).toEqual(['lib/build/build.js', 'lib/text/packaged.ts'])
})
