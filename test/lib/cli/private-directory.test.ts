import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { privateDirectory } from '../../../bin/private-directory.js'
import { buildIn, copyOfClone } from '../../clone.ts'

vi.setConfig({ testTimeout: 120_000 })

const isRoot = process.getuid?.() === 0
const me = process.getuid?.() ?? 0
/** The user who runs the tests, and an unprivileged user where root can become one. */
const users = isRoot ? ([0, 65_534] as const) : ([me] as const)

const folder = mkdtempSync(join(tmpdir(), 'nfsha-private-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true }))

const made = (uid: number, mode = 0o700) => {
  const path = mkdtempSync(join(folder, 'd-'))
  chmodSync(path, mode)
  if (isRoot) chownSync(path, uid, uid)
  return path
}

/** Runs node as a user, with only the given environment. */
const node = (uid: number, argv: string[], cwd: string, env: NodeJS.ProcessEnv) =>
  spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    cwd,
    ...(isRoot && { uid, gid: uid }),
    env: { PATH: process.env.PATH ?? '', ...env },
  })

/** A clone without a build, where tsx runs the sources, and one with a build. */
const [sources, built] = [made(me, 0o755), made(me, 0o755)].map(path => copyOfClone(path)) as [string, string]
buildIn(built)
const shimOf = (clone: string) => join(clone, 'bin/nfsha-play.js')
const bin = shimOf(sources)

const tsx = fileURLToPath(import.meta.resolve('tsx'))
const main = pathToFileURL(join(sources, 'lib/cli/main.ts')).href

/** The unprotected variant: tsx alone, with its default cache and configuration. */
const unprotected = (uid: number, cwd: string, env: NodeJS.ProcessEnv) =>
  node(
    uid,
    [
      '--input-type=module',
      '-e',
      `await import(${JSON.stringify(pathToFileURL(tsx).href)}); await (await import('${main}')).main(['node', 'x', '--version'])`,
    ],
    cwd,
    env,
  )

describe.each(users)('user %i', uid => {
  test('files that another user put into the cache of tsx in the temporary directory are not run', () => {
    const [home, shared] = [made(uid), made(uid)]
    const owned = join(home, 'OWNED')
    unprotected(uid, home, { HOME: home, TMPDIR: shared })
    const cache = join(shared, `tsx-${uid}`)
    const files = readdirSync(cache).filter(name => !name.endsWith('.pipe'))
    expect(files.length).toBeGreaterThan(3)
    for (const name of files) {
      const cached = JSON.parse(readFileSync(join(cache, name), 'utf8'))
      cached.code = `await(await import('node:fs/promises')).writeFile(${JSON.stringify(owned)},'');${cached.code}`
      writeFileSync(join(cache, name), JSON.stringify(cached))
    }
    // The trap works: without the private directory its code runs.
    unprotected(uid, home, { HOME: home, TMPDIR: shared })
    expect(existsSync(owned)).toBe(true)
    rmSync(owned)
    for (const env of [
      { HOME: home },
      { HOME: '/dev/null/home' },
      { HOME: home, XDG_CACHE_HOME: shared },
      { HOME: home, XDG_CACHE_HOME: 'cache' },
    ]) {
      for (const clone of [sources, built]) {
        const run = node(uid, [shimOf(clone), '--version'], home, { ...env, TMPDIR: shared })
        expect(run.stderr).toBe('')
        expect(run.stdout).toBe('0.1.0\n')
        expect(existsSync(owned)).toBe(false)
      }
    }
  })

  test('a tsconfig.json in the current directory does not affect imports', () => {
    const cwd = made(uid)
    const owned = join(cwd, 'OWNED')
    const exports = ['Command', 'CommanderError', 'Help', 'InvalidArgumentError', 'Option']
      .map(name => `export class ${name} {}\n`)
      .join('')
    const paths = { commander: ['./evil.ts'] }
    writeFileSync(
      join(cwd, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { baseUrl: '.', paths }, include: [join(bin, '../../**/*.ts')] }),
    )
    writeFileSync(join(cwd, 'evil.ts'), `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(owned)}, '')\n${exports}`)
    unprotected(uid, cwd, { HOME: cwd, TMPDIR: cwd })
    expect(existsSync(owned)).toBe(true)
    rmSync(owned)
    for (const clone of [sources, built]) {
      expect(node(uid, [shimOf(clone), '--version'], cwd, { HOME: cwd }).stdout).toBe('0.1.0\n')
      expect(existsSync(owned)).toBe(false)
    }
  })
})

test('a build writes nothing and reads nothing in the temporary directory or a cache', () => {
  const [home, shared] = [made(me), made(me)]
  node(me, [shimOf(built), 'site.yml', '--list-tasks'], home, { HOME: home, TMPDIR: shared })
  expect([readdirSync(home), readdirSync(shared)]).toEqual([[], []])
})

test('child processes have the original TMPDIR', () => {
  const home = made(me)
  const file = join(home, 'program')
  writeFileSync(file, `#!/bin/sh\necho "$TMPDIR \${TSX_TSCONFIG_PATH-none}" >${join(home, 'seen')}; echo pw\n`, { mode: 0o755 })
  for (const clone of [sources, built]) {
    node(me, [shimOf(clone), 'vault', 'encrypt-string', 'x', '--vault-password-file', file], home, { HOME: home, TMPDIR: '/elsewhere' })
    expect(readFileSync(join(home, 'seen'), 'utf8')).toBe('/elsewhere none\n')
    rmSync(join(home, 'seen'))
  }
})

test('a current directory that is gone: exit code 2, no trace', () => {
  const gone = made(me)
  const script = `cd ${gone} && rmdir ${gone} && exec ${process.execPath} ${bin} --version`
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
  expect(stderr).toBe('nfsha-play: the current directory no longer exists: change to another one\n')
  expect(status).toBe(2)
})

describe('a private directory', () => {
  const at = (home: string) => privateDirectory('tsx', { XDG_CACHE_HOME: home }, me)

  test('is created, closed to others, and found again', () => {
    const home = made(me)
    expect(at(home)).toBe(join(home, 'nfsha-play', 'tsx'))
    expect(at(home)).toBe(join(home, 'nfsha-play', 'tsx'))
    chmodSync(join(home, 'nfsha-play', 'tsx'), 0o750)
    expect(at(home)).toBeUndefined()
  })

  test.each([
    ['a link', (home: string) => symlinkSync(made(me), join(home, 'nfsha-play'))],
    ['a file', (home: string) => writeFileSync(join(home, 'nfsha-play'), '')],
    [
      'one that a group can write to',
      (home: string) => {
        mkdirSync(join(home, 'nfsha-play'))
        chmodSync(join(home, 'nfsha-play'), 0o770)
      },
    ],
    ['one in a world-writable directory', (home: string) => chmodSync(home, 0o777)],
  ])('is never %s', (_name, plant) => {
    const home = made(me)
    plant(home)
    expect(at(home)).toBeUndefined()
  })

  test.skipIf(!isRoot)('never belongs to another user, nor is in a directory of another user', () => {
    const [sticky, foreign] = [made(0, 0o777), made(65_534)]
    chmodSync(sticky, 0o1777)
    mkdirSync(join(sticky, 'nfsha-play'))
    chownSync(join(sticky, 'nfsha-play'), 65_534, 65_534)
    expect(at(sticky)).toBeUndefined()
    expect(at(foreign)).toBeUndefined()
  })
})
