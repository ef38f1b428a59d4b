import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { availableSources, hostAptSettings, hostSources, renderSources } from './apt-sources.ts'
import { lastLines, run } from './command.ts'
import type { Accelerator } from './emulator.ts'
import { LabError } from './error.ts'
import { mmdebstrap } from './mmdebstrap.ts'
import { cacheRoot } from './places.ts'

const program = 'qemu-system-x86_64'
const suite = 'trixie'

/** Directory of the lab's own emulator: Debian's files, extracted but not installed. */
const ownDir = (cache: string): string => join(cache, 'emulator')

/**
 * Pure: whether an emulator, by its `--version`, handles the processor's flags correctly. Before 9.1 a faulting instruction could corrupt
 * them: their sources were written before the memory access that failed (QEMU, target/i386/tcg, 2024). Seen with 7.2: after ten minutes
 * of work a node panicked with a double fault, with the low half of an address in its flags.
 */
export const isSound = (version: string): boolean => {
  const [, major = 0, minor = 0] = (/version (\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return major > 9 || (major === 9 && minor >= 1)
}

/** The emulator's program and its first arguments: the lab's own emulator if it was downloaded, otherwise and under KVM this machine's. */
export const emulatorCommand = (accelerator: Accelerator, cache = cacheRoot()): [string, ...string[]] => {
  const dir = ownDir(cache)
  if (accelerator === 'kvm' || !existsSync(dir)) return [program]
  // It may need a newer C library than this machine has, so its own loader starts it, ld.so(8).
  const architecture = join(dir, 'usr/lib', only(join(dir, 'usr/lib'), /-linux-gnu$/))
  const loader = join(architecture, only(architecture, /^ld-linux.*\.so\.\d+$/))
  const firmware = ['seabios', 'qemu'].flatMap(name => ['-L', join(dir, 'usr/share', name)])
  return [loader, '--argv0', program, '--library-path', architecture, join(dir, 'usr/bin', program), ...firmware]
}

const only = (dir: string, pattern: RegExp): string => {
  const name = readdirSync(dir).find(entry => pattern.test(entry))
  if (name === undefined)
    throw new LabError(`the lab's emulator is incomplete: nothing in ${dir} matches ${pattern.source}`, `remove it: rm -r ${dir}`)
  return name
}

/** Downloads the emulator of Debian 13 into the cache if this machine's is not sound. Reports a failure and uses this machine's then. */
export const ensureEmulator = async (accelerator: Accelerator, onProgress: (text: string) => void, signal?: AbortSignal): Promise<void> => {
  const dir = ownDir(cacheRoot())
  if (accelerator === 'kvm' || existsSync(dir) || isSound(await run(program, ['--version']))) return
  onProgress(`downloading QEMU from Debian ${suite} (once): with this machine's version a node may panic now and then`)
  mkdirSync(cacheRoot(), { recursive: true })
  const build = mkdtempSync(`${dir}.build-`)
  try {
    await extract(build, onProgress, signal)
    renameSync(join(build, 'tree'), dir)
  } catch (error) {
    // Another run may have finished first.
    if (signal?.aborted) throw error
    if (!existsSync(dir)) onProgress(`using this machine's own emulator: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    rmSync(build, { recursive: true, force: true })
  }
}

const extract = async (build: string, onProgress: (text: string) => void, signal?: AbortSignal): Promise<void> => {
  const sources = renderSources(await availableSources(hostSources(suite), suite, onProgress), 'host')
  const settings = (await hostAptSettings()).map(line => `--aptopt=${line}`)
  const archive = join(build, 'tree.tar')
  const options = ['--variant=extract', '--include=qemu-system-x86', ...settings]
  const { code, stderr } = await mmdebstrap(archive, options, suite, { sources, signal })
  if (code !== 0) throw new LabError(`mmdebstrap failed: ${lastLines(stderr, 3)}`)
  mkdirSync(join(build, 'tree'))
  await run('tar', ['-C', join(build, 'tree'), '--no-same-owner', '-xf', archive, './usr'], { signal })
}
