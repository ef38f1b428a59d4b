#!/usr/bin/env node
// Runs the build in dist/, or the sources in a clone whose build is out of date. Contains only what must happen before either.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { keepCompiled } from './keep-compiled.js'
import { isClone, isCurrent } from './sources.js'

try {
  process.cwd()
} catch {
  process.stderr.write('nfsha-play: the current directory no longer exists: change to another one\n')
  process.exit(2)
}

const root = fileURLToPath(new URL('..', import.meta.url))
if (isClone(root) && !isCurrent(root)) await (await import('./run-sources.js')).runSources(root)
else if (existsSync(new URL('../dist/main.js', import.meta.url))) {
  // Whoever can write to dist/ could change the code itself.
  keepCompiled(fileURLToPath(new URL('../dist/compiled', import.meta.url)))
  await (await import('../dist/main.js')).main()
} else {
  process.stderr.write('nfsha-play: the package is incomplete: dist/ is missing: install nfsha-play again\n')
  process.exit(1)
}
