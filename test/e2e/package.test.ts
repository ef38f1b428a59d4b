import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { copyOfClone } from '../clone.ts'

// Calls npm several times.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'nfsha-package-'))
const made = (name: string) => mkdtempSync(join(folder, `${name}-`))

interface Manifest {
  name: string
  version: string
  scripts?: unknown
}

/** The dependencies that a user installs with the package, from node_modules of this clone; without scripts, which would compile for a minute. */
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const packages = Object.entries<{ dev?: boolean; version: string }>(lock.packages).flatMap(([path, { dev }]) => {
  if (path === '' || dev || !existsSync(join(root, path))) return []
  const { scripts, ...manifest }: Manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
  return [{ path, manifest }]
})

const tarballs = new Map<string, Buffer>()
const tarballOf = (one: (typeof packages)[number]): Buffer => {
  const tarball = tarballs.get(one.path) ?? packed(one)
  tarballs.set(one.path, tarball)
  return tarball
}

const packed = ({ path, manifest }: (typeof packages)[number]): Buffer => {
  const parent = made('tar')
  cpSync(join(root, path), join(parent, 'package'), {
    recursive: true,
    filter: file => !file.slice(join(root, path).length).includes('node_modules'),
  })
  writeFileSync(join(parent, 'package/package.json'), JSON.stringify(manifest))
  const { stdout } = spawnSync('tar', ['-czf', '-', '-C', parent, 'package'], { maxBuffer: 1e9, env: { ...process.env, GZIP: '-1' } })
  rmSync(parent, { recursive: true })
  return stdout
}

/** A registry on loopback that has only these packages. */
const registry = createServer((request, response) => {
  const [name = '', version] = decodeURIComponent((request.url ?? '').slice(1)).split('/-/')
  const versions = packages.filter(({ manifest }) => manifest.name === name)
  const chosen = versions.find(({ manifest }) => manifest.version === version?.replace(/^.*?(\d+\.\d+\.\d+.*)\.tgz$/, '$1'))
  if (chosen) return void response.end(tarballOf(chosen))
  if (versions.length === 0) return void response.writeHead(404).end()
  const withPlace = versions.map(({ manifest }) => [
    manifest.version,
    { ...manifest, dist: { tarball: `${address()}/${name}/-/x-${manifest.version}.tgz` } },
  ])
  response.end(
    JSON.stringify({ name, 'dist-tags': { latest: versions.at(-1)?.manifest.version }, versions: Object.fromEntries(withPlace) }),
  )
})
const address = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`

/** Runs a program as a user without any settings. */
const run = (cwd: string, file: string, argv: string[]) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      npm_config_registry: address(),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    }
    const child = spawn(file, argv, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })

const ok = async (cwd: string, file: string, argv: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(cwd, file, argv)
  if (code !== 0) throw new Error(`${file} ${argv.join(' ')}: ${code}\n${stdout}${stderr}`)
  return stdout
}

/** Commands that an operator may run first: they read the shipped scripts, playbooks and inventory. */
const works = async (cwd: string, file: string, argv: string[] = []) => {
  expect(await ok(cwd, file, [...argv, '--version'])).toBe('0.1.0\n')
  expect(await ok(cwd, file, [...argv, 'site.yml', '--list-tasks'])).toContain('integrate : first start of heartbeat')
  await ok(cwd, file, [...argv, 'init', 'new'])
  expect(existsSync(join(cwd, 'new/inventory/hosts.yml'))).toBe(true)
}

let tarball = ''
beforeAll(async () => {
  await new Promise<void>(resolve => registry.listen(0, '127.0.0.1', resolve))
  const clone = copyOfClone(made('clone'))
  const [packed] = JSON.parse(await ok(clone, 'npm', ['pack', '--json'])) as [{ filename: string; files: { path: string }[] }]
  tarball = join(clone, packed.filename)
})
afterAll(async () => {
  await new Promise(resolve => registry.close(resolve))
  rmSync(folder, { recursive: true })
})

test('npm pack builds; the package contains the build and all files that it reads, and no test', async () => {
  const names = (await ok(folder, 'tar', ['-tzf', tarball])).split('\n')
  for (const file of [
    'bin/nfsha-play.js',
    'dist/main.js',
    'dist/LICENCES',
    'lib/lab/gateway.js',
    'lib/resources/files/judge-disk.pl',
    'roles/drbd-init/files/reset-node',
    'playbooks/site.yml',
    'inventory/hosts.yml',
    'docs/variables.md',
    'LICENSE',
  ])
    expect(names).toContain(`package/${file}`)
  expect(names.filter(name => /package-lock|^package\/(test|node_modules)\//.test(name))).toEqual([])
})

test('the unpacked tarball works without installation: the build needs no other package', async () => {
  const place = made('unpacked')
  await ok(place, 'tar', ['-xzf', tarball])
  await works(made('cwd'), process.execPath, [join(place, 'package/bin/nfsha-play.js')])
})

test('npm install of the tarball, then npx', async () => {
  const project = made('project')
  writeFileSync(join(project, 'package.json'), '{}')
  await ok(project, 'npm', ['install', tarball])
  await works(project, join(project, 'node_modules/.bin/nfsha-play'))
  expect(await ok(project, 'npx', ['--no-install', 'nfsha-play', '--version'])).toBe('0.1.0\n')
})

test('npm install -g of the tarball', async () => {
  const prefix = made('global')
  await ok(folder, 'npm', ['install', '-g', '--prefix', prefix, tarball])
  await works(made('cwd'), join(prefix, 'bin/nfsha-play'))
})

test('npm ci --omit=dev in a clone builds; npx and npm install -g of the clone run the build; an edited source is never ignored', async () => {
  const clone = copyOfClone(made('clone'), { packages: false })
  // These are different tarballs with the same files.
  const other = JSON.parse(JSON.stringify(lock), (key, value) => (key === 'integrity' ? undefined : value))
  writeFileSync(join(clone, 'package-lock.json'), JSON.stringify(other))
  await ok(clone, 'npm', ['ci', '--omit=dev'])
  expect(existsSync(join(clone, 'node_modules/tsx'))).toBe(false)
  expect(await ok(clone, 'npx', ['nfsha-play', '--version'])).toBe('0.1.0\n')
  const prefix = made('global')
  await ok(clone, 'npm', ['install', '-g', '--prefix', prefix, '.'])
  await works(made('cwd'), join(prefix, 'bin/nfsha-play'))
  appendFileSync(join(clone, 'lib/cli/main.ts'), '\n')
  const { code, stdout, stderr } = await run(clone, 'npx', ['nfsha-play', '--version'])
  expect({ code, stdout, stderr }).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('run `npm run build`') })
  await ok(clone, 'npm', ['run', 'build'])
  expect(await ok(clone, 'npx', ['nfsha-play', '--version'])).toBe('0.1.0\n')
})
