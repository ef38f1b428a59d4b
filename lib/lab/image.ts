import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AptSource, availableSources, hostAptSettings, hostSources, renderSources } from './apt-sources.ts'
import { attempt, lastLines, run } from './command.ts'
import { LabError } from './error.ts'
import { bootstrapMode, mmdebstrap } from './mmdebstrap.ts'
import { cacheRoot } from './places.ts'
import { bareRecipe, type Init, type Recipe, recipeKey } from './recipe.ts'
import type { Release } from './release.ts'

/** The files of a bare image, shared by all machines and read-only. */
export interface BareImage {
  key: string
  root: string
  kernel: string
  initrd: string
  /** As printed by `uname -r` in the guest. */
  kernelRelease: string
}

/** The image in `dir`; undefined when there is none. */
export const readImage = (dir: string, key: string): BareImage | undefined => {
  const image = { key, root: join(dir, 'root.qcow2'), kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd') }
  if (!existsSync(image.root)) return undefined
  return { ...image, kernelRelease: readFileSync(join(dir, 'kernel'), 'utf8').trim() }
}

/** The directory of the image with this key. */
export const imageDir = (key: string): string => join(cacheRoot(), 'images', key)

/** Returns the bare image from the cache, or builds it. @throws LabError */
export const ensureImage = async (
  { release, init }: { release: Release; init: Init },
  onProgress: (text: string) => void,
  signal?: AbortSignal,
): Promise<BareImage> => {
  const declared = hostSources(release)
  const settings = await hostAptSettings()
  const recipeOf = (sources: AptSource[]) => bareRecipe(release, renderSources(sources, 'guest'), settings, init)
  // From the declared sources: a cached image needs no network.
  const key = recipeKey(recipeOf(declared), await run('mmdebstrap', ['--version']))
  const dir = imageDir(key)
  const cached = readImage(dir, key)
  if (cached) return cached
  const sources = await availableSources(declared, release, onProgress)
  const recipe = recipeOf(sources)
  mkdirSync(join(cacheRoot(), 'images'), { recursive: true })
  const build = mkdtempSync(`${dir}.build-`)
  try {
    const started = Date.now()
    await bootstrap(recipe, renderSources(sources, 'host'), build, onProgress, signal)
    onProgress('packing the image')
    await assemble(recipe, build, signal)
    writeFileSync(join(build, 'recipe.json'), `${JSON.stringify(recipe, null, 2)}\n`)
    publish(build, dir)
    onProgress(`image built in ${Math.round((Date.now() - started) / 1000)} s`)
  } finally {
    rmSync(build, { recursive: true, force: true })
  }
  const built = readImage(dir, key)
  if (!built) throw new LabError(`the image in ${dir} vanished while it was being built`)
  return built
}

const bootstrap = async (
  recipe: Recipe,
  sources: string,
  build: string,
  onProgress: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> => {
  onProgress(`building a bare Debian ${recipe.suite} image (once, about a minute)`)
  const args = [
    '--variant=minbase',
    `--include=${recipe.packages.join(',')}`,
    ...recipe.dpkgSettings.map(line => `--dpkgopt=${line}`),
    ...recipe.aptSettings.map(line => `--aptopt=${line}`),
    `--customize-hook=${recipe.customize}`,
    `--customize-hook=rm -f "$1"/etc/apt/sources.list.d/*; printf '%s' '${recipe.sources}' > "$1/etc/apt/sources.list"`,
  ]
  const result = await mmdebstrap(join(build, 'tree.tar'), args, recipe.suite, {
    sources,
    signal,
    onStderr: line => /^I: (?!running --)/.test(line) && onProgress(line.slice(3)),
  })
  if (result.code !== 0) throw buildFailed('mmdebstrap', result.stderr)
}

const assemble = async (recipe: Recipe, build: string, signal?: AbortSignal): Promise<void> => {
  const tree = openSync(join(build, 'tree.tar'), 'r')
  const files = openSync(join(build, 'files.tar'), 'w')
  const shell = bootstrapMode() === 'root' ? ['sh'] : ['mmdebstrap', '--unshare-helper', 'sh']
  const [command = 'sh', ...args] = [...shell, '-c', recipe.assemble]
  // only root can write to the cache from inside: in a user namespace the folder belongs to nobody
  const env = bootstrapMode() === 'root' ? { TMPDIR: build } : {}
  try {
    const result = await attempt(command, args, { stdin: tree, stdout: files, env, signal })
    if (result.code !== 0) throw buildFailed('packing the image', result.stderr)
  } finally {
    closeSync(tree)
    closeSync(files)
  }
  await run('tar', ['-C', build, '--no-same-owner', '-xf', join(build, 'files.tar')], { signal })
  for (const name of ['tree.tar', 'files.tar']) rmSync(join(build, name))
}

/** Publishes the image atomically; the loser of a race uses the winner's image. */
const publish = (build: string, dir: string): void => {
  try {
    renameSync(build, dir)
  } catch (error) {
    if (!existsSync(join(dir, 'root.qcow2'))) throw error
  }
}

const buildFailed = (what: string, stderr: string): LabError => {
  const hint =
    bootstrapMode() === 'unshare' && /newuidmap|subuid|unshare/.test(stderr)
      ? 'as a normal user this needs newuidmap (package uidmap) and a range in /etc/subuid and /etc/subgid'
      : 'check that this machine reaches its own Debian mirror: apt-get update'
  return new LabError(`${what} failed:\n${lastLines(stderr, 10)}`, hint)
}
