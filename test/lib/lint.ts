import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const copied = ['biome.json', 'lib/build/dialect.grit']

export interface Complaint {
  path: string
  /** `noImportCycles`, or `plugin` */
  rule: string
  message: string
}

/** What the linter says of files that are planted in a directory of their own, with this project's rules. */
export const lintPlanted = (files: Record<string, string>, ...argv: string[]): Complaint[] => {
  const directory = mkdtempSync(join(tmpdir(), 'nfsha-lint-'))
  try {
    for (const path of [...Object.keys(files), ...copied]) mkdirSync(dirname(join(directory, path)), { recursive: true })
    for (const path of copied) copyFileSync(join(root, path), join(directory, path))
    for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text)
    const options = ['--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', ...argv]
    const { stdout } = spawnSync(join(root, 'node_modules/.bin/biome'), ['lint', ...options], { cwd: directory, encoding: 'utf8' })
    const { diagnostics }: { diagnostics: { category: string; message: string; location: { path: string } }[] } = JSON.parse(stdout)
    return diagnostics.map(({ category, message, location }) => ({ path: location.path, rule: category.replace(/.*\//, ''), message }))
  } finally {
    rmSync(directory, { recursive: true })
  }
}
