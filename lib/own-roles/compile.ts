import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Message, Plugin } from 'esbuild'
import { ConfigError, type Place, throwAll } from '../config/error.ts'
import { shownPath } from '../config/files.ts'
import { refuseUntrusted } from './trust.ts'

/** The symbol under which a bundled role finds the API of the runner that loads it. */
export const apiKey = 'nfsha-play role API'

/** Resolves `import ... from 'nfsha-play'` to the runner itself, wherever the role is: nothing needs to be installed beside it. */
const runnersOwn = (names: readonly string[]): Plugin => ({
  name: 'nfsha-play',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^nfsha-play$/ }, () => ({ path: 'nfsha-play', namespace: 'nfsha-play' }))
    onLoad({ filter: /.*/, namespace: 'nfsha-play' }, () => ({
      contents: `const api = globalThis[Symbol.for(${JSON.stringify(apiKey)})]\nexport const { ${names.join(', ')} } = api\n`,
    }))
  },
})

/**
 * Bundles a role with all its imports as JavaScript text. Nothing is executed, and there is no cache that somebody could tamper with.
 * @throws ConfigErrors with file, line and column, for compile errors and for any file that others can write
 */
export const compileRole = async (file: string, names: readonly string[], cwd: string): Promise<string> => {
  refuseUntrusted(file)
  const { build } = await import('esbuild')
  const { errors, outputFiles, metafile } = await build({
    absWorkingDir: dirname(file),
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: `node${process.versions.node}`,
    sourcemap: 'inline',
    // No stray tsconfig.json may decide how imports are resolved.
    tsconfigRaw: {},
    plugins: [runnersOwn(names)],
    logLevel: 'silent',
  }).catch((failure: { errors?: Message[] }) => {
    if (!Array.isArray(failure.errors)) throw failure
    return { errors: failure.errors, outputFiles: [], metafile: { inputs: {} } }
  })
  throwAll(errors.map(error => mistakeOf(error, file, cwd)))
  for (const input of Object.keys(metafile.inputs).filter(input => !input.startsWith('nfsha-play:')))
    refuseUntrusted(resolve(dirname(file), input))
  return outputFiles[0]?.text ?? ''
}

const mistakeOf = ({ text, location }: Message, file: string, cwd: string): ConfigError => {
  if (!location) return new ConfigError(text, placeIn(file, 1, 1, cwd))
  const path = join(dirname(file), location.file)
  // esbuild prefixes the module with its namespace: `nfsha-play:nfsha-play`.
  return new ConfigError(
    text.replaceAll('nfsha-play:nfsha-play', 'nfsha-play'),
    placeIn(path, location.line, location.column + 1, cwd),
    hintOf(text),
  )
}

const hintOf = (text: string): string | undefined =>
  text.startsWith('No matching export') && text.includes('nfsha-play') ? 'the exports are listed in docs/your-own-role.md' : undefined

export const placeIn = (path: string, line: number, column: number, cwd: string): Place => {
  const source = { file: shownPath(path, cwd), text: readFileSync(path, 'utf8') }
  return { source, line, column }
}
