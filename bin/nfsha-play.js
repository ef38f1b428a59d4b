#!/usr/bin/env node
// Runs the sources through tsx. No logic here but what must happen before tsx is loaded.
import { fileURLToPath } from 'node:url'
import { privateDirectory } from './private-directory.js'

try {
  process.cwd()
} catch {
  process.stderr.write('nfsha-play: the current directory does not exist any more: change to another one\n')
  process.exit(2)
}

// tsx runs what it finds in its cache, a directory in the temporary one, whoever put it there; and it lets a tsconfig.json in the
// current directory say where imports come from. So both are ours.
const { TMPDIR, TSX_TSCONFIG_PATH, TSX_DISABLE_CACHE } = process.env
const cache = privateDirectory('tsx')
process.env.TSX_TSCONFIG_PATH = fileURLToPath(new URL('../tsconfig.json', import.meta.url))
if (cache === undefined) process.env.TSX_DISABLE_CACHE = '1'
else process.env.TMPDIR = cache
await import('tsx')
const { main } = await import('../lib/cli/main.ts')
// What is loaded later goes the same way: only the programs that are started get their own values back.
for (const [name, value] of Object.entries({ TMPDIR, TSX_TSCONFIG_PATH, TSX_DISABLE_CACHE })) {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
await main()
