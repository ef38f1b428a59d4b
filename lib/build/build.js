// npm run build, and `prepare`: builds dist/, which bin/nfsha-play.js runs. JavaScript, because nothing can run TypeScript yet.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { sourcesOf } from '../../bin/sources.js'
import { licencesOf } from './licences.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')
/** ms for which files of an earlier build are kept: a run that started on that build may load parts of it later. */
const keptFor = 24 * 60 * 60 * 1000

/** Defines the globals of CommonJS for bundled modules. Only files that use one of these names get it. */
const commonJs = `import { createRequire as nfshaRequire } from 'node:module'
import { fileURLToPath as nfshaPath } from 'node:url'
const require = nfshaRequire(import.meta.url), __filename = nfshaPath(import.meta.url), __dirname = nfshaPath(new URL('.', import.meta.url))
`
const withCommonJs = text => (/\b(require|__filename|__dirname)\b/.test(text) ? commonJs + text : text)

/** ssh2's optional native modules are compiled at installation. They are loaded from node_modules, and ssh2 works without them. */
const compiledParts = {
  name: 'compiled-parts',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path).replace(/^.*\/node_modules\//, ''),
      external: true,
    }))
  },
}

/** Drops zod's messages in 60 languages; it registers the English ones itself. */
const oneLanguage = {
  name: 'one-language',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      importer.includes('/node_modules/zod/') ? { path: 'none', namespace: 'locales' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'locales' }, () => ({ contents: 'export {}' }))
  },
}

/** User-defined roles may use all of zod, the runner uses little of it: a separate file, so that the runner does not load the rest. */
const wholeZod = {
  name: 'whole-zod',
  setup: ({ onResolve }) => void onResolve({ filter: /^\.\/zod\.ts$/ }, () => ({ path: './zod.js', external: true })),
}

/** Replaces a file atomically: somebody may start the build meanwhile. */
const replace = (path, text) => {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, text)
  renameSync(temporary, path)
}

const removeOld = names => {
  // What Node has compiled of an earlier build.
  rmSync(join(dist, 'compiled'), { recursive: true, force: true })
  for (const name of readdirSync(dist).filter(name => !names.includes(name)))
    if (['pack', 'publish'].includes(process.env.npm_command) || Date.now() - statSync(join(dist, name)).mtimeMs > keptFor)
      rmSync(join(dist, name), { recursive: true })
}

// Before esbuild reads them: an edit during the build makes the build outdated.
const sources = sourcesOf(root)
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
}
const zod = await build({ ...common, entryPoints: [{ in: 'lib/role-api/zod.ts', out: 'zod' }], plugins: [oneLanguage] })
const { outputFiles: parts, metafile } = await build({
  ...common,
  entryPoints: [
    { in: 'lib/cli/main.ts', out: 'main' },
    { in: 'lib/role-api/package-entry.ts', out: 'role-api' },
  ],
  splitting: true,
  // esbuild compiles user-defined roles, and comes with a native program.
  external: ['cpu-features', 'esbuild'],
  plugins: [compiledParts, oneLanguage, wholeZod],
  metafile: true,
})
const outputFiles = [...zod.outputFiles, ...parts]
mkdirSync(dist, { recursive: true })
rmSync(join(dist, 'sources'), { force: true })
// The parts first, the entry that loads them last.
const isEntry = ({ path }) => path === join(dist, 'main.js')
for (const { path, text } of outputFiles.sort((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) replace(path, withCommonJs(text))
replace(join(dist, 'LICENCES'), licencesOf(root, Object.keys(metafile.inputs)))
replace(join(dist, 'sources'), sources)
removeOld([...outputFiles.map(({ path }) => relative(dist, path)), 'LICENCES', 'sources'])
