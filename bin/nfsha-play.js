#!/usr/bin/env node
// Runs the build in dist/; in a clone whose sources are not those of the build, the sources. No logic here but what must happen before either.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isClone, isCurrent } from './sources.js'

try {
  process.cwd()
} catch {
  process.stderr.write('nfsha-play: the current directory does not exist any more: change to another one\n')
  process.exit(2)
}

const root = fileURLToPath(new URL('..', import.meta.url))
if (isClone(root) && !isCurrent(root)) await (await import('./run-sources.js')).runSources(root)
else if (existsSync(new URL('../dist/main.js', import.meta.url))) await (await import('../dist/main.js')).main()
else {
  process.stderr.write('nfsha-play: the package is incomplete: dist/ is missing: install nfsha-play again\n')
  process.exit(1)
}
