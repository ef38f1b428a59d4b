import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt } from './command.ts'
import { LabError } from './error.ts'

/** One package source, reduced to what the lab needs. */
export interface AptSource {
  uri: string
  suites: string[]
}

const releases = ['buster', 'bullseye', 'bookworm', 'trixie', 'forky', 'duke', 'sid', 'stable', 'oldstable', 'testing']

/**
 * The Debian sources among a machine's apt sources, changed to `suite`. Other vendors' packages do not belong on a bare machine.
 * A host that runs another release still names the archive's location.
 */
export const debianSources = (files: Array<{ name: string; text: string }>, suite: string): AptSource[] => {
  const found = files.flatMap(({ name, text }) => (name.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text)))
  const sources = new Map<string, Set<string>>()
  for (const entry of found) {
    if (!isDebianKeyring(entry.signedBy) || !entry.components.includes('main')) continue
    const suites = entry.suites.map(name => retarget(name, suite)).filter(name => name !== undefined)
    for (const uri of entry.uris.filter(uri => /^https?:/.test(uri))) {
      const known = sources.get(uri) ?? new Set()
      for (const name of suites) known.add(name)
      if (known.size > 0) sources.set(uri, known)
    }
  }
  return [...sources].map(([uri, suites]) => ({ uri, suites: [...suites].sort() }))
}

interface Entry {
  uris: string[]
  suites: string[]
  components: string[]
  signedBy: string
}

const parseDeb822 = (text: string): Entry[] => {
  const paragraphs = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/)
  return paragraphs.flatMap(paragraph => {
    const fields = new Map<string, string>()
    for (const [, key = '', value = ''] of paragraph.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm))
      fields.set(key.toLowerCase(), value.trim())
    const words = (key: string) => (fields.get(key) ?? '').split(/\s+/).filter(Boolean)
    if (!words('types').includes('deb') || fields.get('enabled')?.toLowerCase() === 'no') return []
    return [{ uris: words('uris'), suites: words('suites'), components: words('components'), signedBy: fields.get('signed-by') ?? '' }]
  })
}

const parseOneLine = (text: string): Entry[] =>
  text.split('\n').flatMap(line => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line)
    if (!match) return []
    const [, options = '', uri = '', suite = '', components = ''] = match
    const signedBy = /signed-by=(\S+)/i.exec(options)?.[1] ?? ''
    return [{ uris: [uri], suites: [suite], components: components.split(/\s+/).filter(Boolean), signedBy }]
  })

const isDebianKeyring = (signedBy: string): boolean =>
  signedBy === '' || signedBy.split(/[\s,]+/).some(file => /\/debian-archive-[^/]*$/.test(file))

const retarget = (name: string, suite: string): string | undefined => {
  const match = /^([a-z]+)(-updates|-security)?$/.exec(name)
  return match && releases.includes(match[1] ?? '') ? `${suite}${match[2] ?? ''}` : undefined
}

/** The host's own Debian sources; NFSHA_LAB_APT_SOURCES names another sources file, for hosts that are not Debian. */
export const hostSources = (suite: string, env: Record<string, string | undefined> = process.env): AptSource[] => {
  const named = env.NFSHA_LAB_APT_SOURCES
  const files = named ? [named] : ['/etc/apt/sources.list', ...listSources('/etc/apt/sources.list.d')]
  const sources = debianSources(files.flatMap(readSource), suite)
  if (sources.some(source => source.suites.includes(suite))) return sources
  throw new LabError(
    `found no Debian package source with the component main in ${named ?? 'the apt sources of this machine'}`,
    'name a file with Debian sources (.list or .sources) in the variable NFSHA_LAB_APT_SOURCES',
  )
}

const listSources = (dir: string): string[] => {
  try {
    return readdirSync(dir).filter(name => /\.(list|sources)$/.test(name)).map(name => join(dir, name)) // biome-ignore format: reads as one sentence
  } catch {
    return []
  }
}

const readSource = (name: string): Array<{ name: string; text: string }> => {
  try {
    return [{ name, text: readFileSync(name, 'utf8') }]
  } catch {
    return []
  }
}

/** Whether the archive has a suite. Uses apt's own downloader (its proxy and settings), without a package list. */
const hasSuite = async (uri: string, suite: string): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-suite-'))
  const url = `${uri.replace(/\/$/, '')}/dists/${suite}/InRelease`
  try {
    return (await attempt('/usr/lib/apt/apt-helper', ['download-file', url, join(folder, 'InRelease')])).code === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Drops extra suites (security, updates) that the archive lacks, and reports them. The release itself stays: apt reports its errors. */
export const availableSources = async (
  sources: readonly AptSource[],
  release: string,
  onProgress: (text: string) => void,
  has = hasSuite,
): Promise<AptSource[]> => {
  const found = await Promise.all(
    sources.map(async ({ uri, suites }) => {
      const present = await Promise.all(suites.map(suite => suite === release || has(uri, suite)))
      for (const suite of suites.filter((_, i) => !present[i])) onProgress(`the archive has no ${suite}: continuing without it`)
      return { uri, suites: suites.filter((_, i) => present[i]) }
    }),
  )
  return found.filter(({ suites }) => suites.length > 0)
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** A .list file with these sources. A guest reaches a proxy or mirror on the host's loopback through the user network. */
export const renderSources = (sources: readonly AptSource[], reader: 'host' | 'guest'): string => {
  const reachable = (uri: string) => (reader === 'guest' ? hostFromGuest(uri) : uri)
  return sources.flatMap(({ uri, suites }) => suites.map(suite => `deb [signed-by=${keyring}] ${reachable(uri)} ${suite} main\n`)).join('')
}

/** Rewrites an address for a guest: the host's loopback has another address there. */
export const hostFromGuest = (uri: string): string =>
  uri.replace(/^(https?:\/\/)(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)/, '$110.0.2.2')

/** This host's apt settings for reaching the archive (proxy, disabled checks), as apt.conf lines for a guest. */
export const hostAptSettings = async (): Promise<string[]> => {
  const wanted = /^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) "(.*)";$/i
  const dump = await attempt('apt-config', ['dump', 'Acquire']).catch(() => ({ stdout: '' }))
  return dump.stdout.split('\n').flatMap(line => {
    const match = wanted.exec(line)
    return match ? [`Acquire::${match[1]} "${hostFromGuest(match[2] ?? '')}";`] : []
  })
}
