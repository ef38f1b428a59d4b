import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { buildIn, copyOfClone } from '../../clone.ts'

// Many builds and starts of node in one test.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'nfsha-build-'))
const clone = copyOfClone(mkdtempSync(join(folder, 'clone-')))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => buildIn(clone))

/** Logs each module that node loads to the file in LOADED. */
const hooks = join(folder, 'hooks.mjs')
writeFileSync(
  hooks,
  `import { appendFileSync } from 'node:fs'
export const load = (url, context, next) => (appendFileSync(process.env.LOADED, url + '\\n'), next(url, context))`,
)
const watching = join(folder, 'watching.mjs')
writeFileSync(watching, `import { register } from 'node:module'\nregister(${JSON.stringify(pathToFileURL(hooks).href)})\n`)

/** Runs the shim of a copy. Returns what node loaded from the copy, including packages. */
const run = (argv: string[], root = clone) => {
  const loaded = join(folder, 'loaded')
  writeFileSync(loaded, '')
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', watching, join(root, 'bin/nfsha-play.js'), ...argv], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, LOADED: loaded },
  })
  const files = readFileSync(loaded, 'utf8').split('\n')
  return { status, stdout, stderr, modules: files.filter(url => url.startsWith('file:') && url !== pathToFileURL(watching).href) }
}

const isSource = (url: string) => url.endsWith('.ts')

test.each([
  ['--version', 20, 250],
  ['--help', 20, 250],
  ['site.yml --list-tasks', 50, 1500],
  ['site.yml -i nowhere', 50, 1500],
])('%s loads at most %i modules and %i kB, all from the build and none from the sources', (words, most, kilobytes) => {
  const { modules, stderr } = run(words.split(' '))
  expect(stderr).toBe(words.endsWith('nowhere') ? "nowhere: no such inventory\n  host names need a comma: 'nowhere,'\n" : '')
  expect(modules.filter(url => !url.startsWith(`${pathToFileURL(clone).href}/`))).toEqual([])
  expect(modules.filter(isSource)).toEqual([])
  expect(modules.length).toBeGreaterThan(3)
  expect(modules.length).toBeLessThanOrEqual(most)
  const bytes = modules.map(url => statSync(new URL(url)).size).reduce((a, b) => a + b)
  expect(Math.round(bytes / 1000)).toBeLessThanOrEqual(kilobytes)
})

test('the build contains only the English messages of zod, and the licence of every package in it', () => {
  const texts = readdirSync(join(clone, 'dist'))
    .filter(name => name !== 'compiled')
    .map(name => readFileSync(join(clone, 'dist', name), 'utf8'))
  expect(texts.filter(text => text.includes('zod/v4/locales/de'))).toEqual([])
  const licences = readFileSync(join(clone, 'dist/LICENCES'), 'utf8')
  for (const name of ['commander', 'ssh2', 'tweetnacl', 'yaml', 'zod', 'zx']) expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'))
})

test('the build finds the files that it reads from the package', () => {
  const { stdout, status } = run(['site.yml', '--list-tasks'])
  expect(stdout).toContain('integrate : live heartbeat files')
  expect(status).toBe(0)
})

test('an installed package has no package-lock.json and runs its build without checking the sources', () => {
  const installed = copyOfClone(mkdtempSync(join(folder, 'installed-')), { packages: false })
  rmSync(join(installed, 'package-lock.json'))
  expect(run(['--version'], installed)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('dist/ is missing: install nfsha-play'),
  })
  spawnSync('cp', ['-r', join(clone, 'dist'), installed])
  expect(run(['--version'], installed)).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' })
  expect(run(['site.yml', '--list-tasks'], installed)).toMatchObject({ status: 0, stderr: '' })
  expect(run(['vault', 'encrypt-string', 'x', '--vault-password-file', join(clone, 'LICENSE')], installed)).toMatchObject({ status: 0 })
})

test('without a build the sources run; without tsx there is an error and nothing runs', () => {
  const bare = copyOfClone(mkdtempSync(join(folder, 'bare-')))
  const { stdout, modules } = run(['--version'], bare)
  expect(stdout).toBe('0.1.0\n')
  expect(modules.filter(isSource).length).toBeGreaterThan(5)
  rmSync(join(bare, 'node_modules'))
  expect(run(['--version'], bare)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('run `npm run build`') })
})

test('an outdated build is never run: after an edit, even one with an older timestamp, the sources are run', () => {
  const edited = copyOfClone(mkdtempSync(join(folder, 'edited-')))
  buildIn(edited)
  expect(run(['--help'], edited).modules.filter(isSource)).toEqual([])
  const file = join(edited, 'lib/cli/help.ts')
  const [text, { atime, mtime }] = [readFileSync(file, 'utf8'), statSync(file)]
  const earlier = new Date(mtime.getTime() - 86_400_000)
  for (const [word, time] of [
    ['EDITED', new Date()],
    ['EARLIER', earlier],
  ] as const) {
    writeFileSync(file, text.replace('Usage:', word))
    utimesSync(file, atime, time)
    expect(run(['--help'], edited).stdout).toMatch(new RegExp(`^${word}`))
  }
  buildIn(edited)
  expect(run(['--help'], edited)).toMatchObject({
    stdout: expect.stringMatching(/^EARLIER/),
    modules: expect.not.arrayContaining([pathToFileURL(file).href]),
  })
  writeFileSync(join(edited, 'lib/new.ts'), '')
  expect(run(['--version'], edited).modules.some(isSource)).toBe(true)
  rmSync(join(edited, 'lib/new.ts'))
  expect(run(['--version'], edited).modules.some(isSource)).toBe(false)
  writeFileSync(join(edited, 'package-lock.json'), '{}')
  expect(run(['--version'], edited).modules.some(isSource)).toBe(true)
})

test('a build keeps the parts of an earlier one for a day, for runs that started on it; a package contains none of them', () => {
  const again = copyOfClone(mkdtempSync(join(folder, 'again-')))
  buildIn(again)
  const [young, old] = [join(again, 'dist/chunk-YOUNG.js'), join(again, 'dist/chunk-OLD.js')]
  for (const path of [young, old]) writeFileSync(path, '')
  const longAgo = new Date(Date.now() - 25 * 3_600_000)
  utimesSync(old, longAgo, longAgo)
  buildIn(again)
  expect([existsSync(young), existsSync(old)]).toEqual([true, false])
  expect(readdirSync(join(again, 'dist')).filter(name => /\.\d+$/.test(name))).toEqual([])
  spawnSync(process.execPath, ['lib/build/build.js'], { cwd: again, env: { ...process.env, npm_command: 'pack' } })
  expect(existsSync(young)).toBe(false)
})

const canCompile = 'enableCompileCache' in nodeModule
test.skipIf(!canCompile)(
  canCompile ? 'what node has compiled is kept until the next build' : 'this version of node keeps nothing compiled',
  () => {
    const own = copyOfClone(mkdtempSync(join(folder, 'compiled-')))
    buildIn(own)
    const compiled = join(own, 'dist/compiled')
    const start = () => spawnSync(process.execPath, [join(own, 'bin/nfsha-play.js'), '--version'], { cwd: folder, encoding: 'utf8' })
    expect(start()).toMatchObject({ status: 0, stderr: '' })
    expect(readdirSync(compiled)).toHaveLength(1)
    expect(statSync(compiled).mode & 0o077).toBe(0)
    expect(start()).toMatchObject({ status: 0, stderr: '' })
    buildIn(own)
    expect(existsSync(compiled)).toBe(false)
  },
)
