import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the package: sources and bundle are at different depths below it. */
export const packageRoot = (() => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
})()

/** The path of a file that is shipped with the package. */
export const packagedFile = (path: string): string => join(packageRoot, path)

/** A shell script that is shipped with the package, preceded by this node's settings: words that need no quoting. */
export const packagedScript = (path: string, settings: Record<string, string | number>): string => `#!/bin/sh
# Managed by nfsha-play.
${Object.entries(settings)
  .map(([name, word]) => `${name}=${word}`)
  .join('\n')}

${readFileSync(packagedFile(path), 'utf8')}`
