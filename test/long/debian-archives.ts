import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostAptSettings, hostSources, renderSources } from '../../lib/lab/apt-sources.ts'
import { run } from '../../lib/lab/command.ts'

/** An archive as `drbd_build_archives` takes it. */
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

/** An apt of its own, beside this machine's: the same Debian sources as the lab's image, and their source packages. */
const privateApt = async (folder: string): Promise<(...argv: string[]) => Promise<string>> => {
  const apt = join(folder, 'apt')
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, name), { recursive: true })
  const binary = renderSources(hostSources('bookworm'), 'host')
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
  // apt-get writes what it downloads where it is started
  return (...argv) => run('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', folder, first, ...rest, ...argv])
}

/** The same bytes each time: to drbd-build another sum is another archive, and a lab that is given to the tests again would build again. */
const pack = (folder: string, archive: string): Promise<string> =>
  run('tar', ['-czf', archive, '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-C', folder, 'linux-source-6.1'])

/**
 * The archives of the lab: drbd-utils as its maker published it, which Debian keeps as the original of its source package, and
 * drivers/block/drbd of the package linux-source, packed again, for all of it is 140 MB and the machines are emulated. Made on this machine, which
 * has the Debian sources that the lab's image came from.
 * @param version of the kernel's package in the lab; when the archive has it no more, the newest of its series
 */
export const debianArchives = async (folder: string, version: string): Promise<{ utilities: Given; kernel: Given; tree: string }> => {
  const aptGet = await privateApt(folder)
  await aptGet('update')
  await aptGet('source', '--download-only', '--tar-only', 'drbd-utils')
  await aptGet('download', `linux-source-6.1=${version}`).catch(() => aptGet('download', 'linux-source-6.1'))
  const unpacked = join(folder, 'linux-source')
  await run('dpkg-deb', ['-x', only(folder, /^linux-source-6\.1_.*\.deb$/), unpacked])
  await run('tar', ['-xf', join(unpacked, 'usr/src/linux-source-6.1.tar.xz'), '-C', folder, '--wildcards', '*/drivers/block/drbd'])
  const kernel = join(folder, 'linux-drbd.tar.gz')
  await pack(folder, kernel)
  const utilities = only(folder, /^drbd-utils_.*\.orig\.tar\.gz$/)
  return { utilities: given('utilities', utilities), kernel: given('kernel', kernel), tree: join(folder, 'linux-source-6.1') }
}

/** The same kernel tree with a line that no compiler takes, in the file that is compiled first. */
export const brokenArchive = async (folder: string, tree: string): Promise<Given> => {
  const source = join(tree, 'drivers/block/drbd/drbd_bitmap.c')
  const before = readFileSync(source)
  writeFileSync(source, `#error "this archive was patched so that it does not compile"\n${before}`)
  const archive = join(folder, 'linux-broken.tar.gz')
  await pack(folder, archive)
  writeFileSync(source, before)
  return given('kernel', archive)
}
