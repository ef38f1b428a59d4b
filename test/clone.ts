import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const shipped = [
  'bin',
  'docs',
  'inventory',
  'lib',
  'playbooks',
  'roles',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'tsconfig.json',
]

/** A copy of this clone in an empty directory: what a user gets from git, with the packages that are installed here, and no build. */
export const copyOfClone = (into: string, { packages = true } = {}): string => {
  for (const name of [...shipped, 'package.json', 'package-lock.json']) cpSync(join(root, name), join(into, name), { recursive: true })
  if (packages) symlinkSync(join(root, 'node_modules'), join(into, 'node_modules'))
  chmodSync(into, 0o755)
  return into
}

/** `npm run build` in a copy. */
export const buildIn = (clone: string): void => {
  const { status, stderr } = spawnSync(process.execPath, ['lib/build/build.js'], { cwd: clone, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}
