import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { hostAptSettings, hostSources, renderSources } from '../../lib/lab/apt-sources.ts'
import { run } from '../../lib/lab/command.ts'

/** The Debian release and the kernel's package of the machines that the archives are for. */
export interface Target {
  /** Debian's code name, as `VERSION_CODENAME` of /etc/os-release */
  suite: string
  /** as `uname -r`: 6.12.57+deb13-cloud-amd64 */
  kernel: string
  /** version of the package linux-image-KERNEL */
  version: string
}

/** An archive as an entry of `drbd_build_archives`. */
export interface Given {
  kind: 'utilities' | 'kernel'
  source: string
  sha256: string
}

const given = (kind: Given['kind'], source: string): Given => ({
  kind,
  source,
  sha256: createHash('sha256').update(readFileSync(source)).digest('hex'),
})

const only = (folder: string, name: RegExp): string => {
  const found = readdirSync(folder).find(file => name.test(file))
  if (!found) throw new Error(`apt-get brought no ${name} to ${folder}: ${readdirSync(folder).join(' ')}`)
  return join(folder, found)
}

/** A separate apt, beside this machine's: the Debian sources of the lab's image, with source packages. */
const privateApt = async (folder: string, suite: string): Promise<(...argv: string[]) => Promise<string>> => {
  const apt = join(folder, 'apt')
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, name), { recursive: true })
  const binary = renderSources(hostSources(suite), 'host')
  writeFileSync(join(apt, 'sources.list'), binary + binary.replace(/^deb /gm, 'deb-src '))
  writeFileSync(join(apt, 'apt.conf'), `${(await hostAptSettings()).map(line => line.replaceAll('10.0.2.2', '127.0.0.1')).join('\n')}\n`)
  const options = [
    `Dir::Etc::sourcelist=${apt}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${apt}/lists`,
    `Dir::Cache=${apt}/cache`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
  ]
  const [first = '', ...rest] = ['apt-get', '-q', '-c', `${apt}/apt.conf`, ...options.flatMap(o => ['-o', o])]
  // apt-get writes its downloads to the current directory
  return (...argv) => run('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', folder, first, ...rest, ...argv])
}

/** Debian's package of the kernel's source: linux-source-6.12 for 6.12.57+deb13-cloud-amd64. */
const sourcePackage = (kernel: string): string => `linux-source-${/^\d+\.\d+/.exec(kernel)?.[0]}`

/** Packs a tree into the same bytes each time: drbd-build treats another checksum as another archive, and would build again on a lab that is reused. */
const pack = (tree: string, archive: string): Promise<string> => {
  const owner = ['--owner=0', '--group=0', '--numeric-owner']
  return run('tar', ['-czf', archive, '--sort=name', '--mtime=@0', ...owner, '-C', dirname(tree), basename(tree)])
}

/**
 * The archives for the lab: drbd-utils as its authors published it, which Debian keeps as the original of its source package, and
 * drivers/block/drbd of the package linux-source, packed again because all of it is 140 MB and the machines are emulated. Made on this machine,
 * which has the Debian sources that the lab's image came from. Where the archive no longer has the kernel's version, the newest of its series is
 * used.
 */
export const debianArchives = async (folder: string, target: Target): Promise<{ utilities: Given; kernel: Given; tree: string }> => {
  const source = sourcePackage(target.kernel)
  const aptGet = await privateApt(folder, target.suite)
  await aptGet('update')
  await aptGet('source', '--download-only', '--tar-only', 'drbd-utils')
  await aptGet('download', `${source}=${target.version}`).catch(() => aptGet('download', source))
  const unpacked = join(folder, 'linux-source')
  await run('dpkg-deb', ['-x', only(folder, /^linux-source-.*\.deb$/), unpacked])
  await run('tar', ['-xf', join(unpacked, 'usr/src', `${source}.tar.xz`), '-C', folder, '--wildcards', '*/drivers/block/drbd'])
  const tree = join(folder, source)
  const kernel = join(folder, 'linux-drbd.tar.gz')
  await pack(tree, kernel)
  const utilities = only(folder, /^drbd-utils_.*\.orig\.tar\.gz$/)
  return { utilities: given('utilities', utilities), kernel: given('kernel', kernel), tree }
}

/** The same kernel tree with a line that does not compile, in the file that is compiled first. */
export const brokenArchive = async (folder: string, tree: string): Promise<Given> => {
  const source = join(tree, 'drivers/block/drbd/drbd_bitmap.c')
  const before = readFileSync(source)
  writeFileSync(source, `#error "this archive was patched so that it does not compile"\n${before}`)
  const archive = join(folder, 'linux-broken.tar.gz')
  await pack(tree, archive)
  writeFileSync(source, before)
  return given('kernel', archive)
}
