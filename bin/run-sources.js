import { createRequire } from 'node:module'
import { join } from 'node:path'
import { privateDirectory } from './private-directory.js'

/**
 * Runs the TypeScript sources through tsx, for development. tsx runs what it finds in its cache below the temporary directory, whoever
 * wrote it, and resolves imports by a tsconfig.json in the current directory. So we set both.
 */
export const runSources = async root => {
  if (!isInstalled('tsx')) {
    process.stderr.write('nfsha-play: the build in dist/ is missing or older than the sources: run `npm run build` in the clone\n')
    process.exit(2)
  }
  const { TMPDIR, TSX_TSCONFIG_PATH, TSX_DISABLE_CACHE } = process.env
  const cache = privateDirectory('tsx')
  process.env.TSX_TSCONFIG_PATH = join(root, 'tsconfig.json')
  if (cache === undefined) process.env.TSX_DISABLE_CACHE = '1'
  else process.env.TMPDIR = cache
  await import('tsx')
  const { main } = await import('../lib/cli/main.ts')
  // tsx is loaded and keeps its settings: restore the original values for child processes.
  for (const [name, value] of Object.entries({ TMPDIR, TSX_TSCONFIG_PATH, TSX_DISABLE_CACHE })) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  await main()
}

const isInstalled = name => {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}
