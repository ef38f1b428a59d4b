import { createHmac } from 'node:crypto'
import { decodeBase64, readPublicKey } from './public-key.ts'

/** One line of a known_hosts file that names a host key. */
export interface KnownHost {
  /** `file:line`, for messages. */
  where: string
  /** The host field as written: names and patterns with commas, or `|1|salt|hash`. */
  hosts: string
  type: string
  /** The public key in the ssh wire format. */
  key: Buffer
  /** `@revoked` or `@cert-authority`. */
  marker: 'revoked' | 'authority' | undefined
}

/** A line whose key is not decoded yet. */
interface Line extends Omit<KnownHost, 'key'> {
  base64: string
}

const markers: Record<string, KnownHost['marker']> = { '@revoked': 'revoked', '@cert-authority': 'authority' }

/** Reads known_hosts text as OpenSSH does (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Unreadable lines are ignored. */
export const parseKnownHosts = (text: string, file: string): KnownHost[] => linesOf(text, file).flatMap(line => decode(line) ?? [])

/** Only the lines about one name; other keys are not decoded. @param name as returned by `knownHostsName` */
export const findKnownHosts = (text: string, file: string, name: string): KnownHost[] => {
  const { lines, named, others } = indexed(text, file)
  const places = [...new Set([...(named.get(lowered(name)) ?? []), ...others])].sort((a, b) => a - b)
  return places.flatMap(place => {
    const line = lines[place]
    return line && matchesHost(line.hosts, name) ? (decode(line) ?? []) : []
  })
}

/** The lines of a file by name. A line with a pattern, a hash or an exclusion is in `others`: it may be about any name. */
interface Index {
  text: string
  lines: Line[]
  named: Map<string, number[]>
  others: number[]
}

/** By file, for its latest text: hundreds of hosts are looked up in the same file. */
const indexes = new Map<string, Index>()

const indexed = (text: string, file: string): Index => {
  const known = indexes.get(file)
  if (known?.text === text) return known
  const index: Index = { text, lines: linesOf(text, file), named: new Map(), others: [] }
  for (const [place, { hosts }] of index.lines.entries()) {
    if (/[*?!|]/.test(hosts)) index.others.push(place)
    else for (const name of new Set(hosts.split(',').map(lowered))) index.named.set(name, [...(index.named.get(name) ?? []), place])
  }
  indexes.set(file, index)
  return index
}

const linesOf = (text: string, file: string): Line[] =>
  text.split('\n').flatMap((line, index) => splitLine(line, `${file}:${index + 1}`) ?? [])

const splitLine = (line: string, where: string): Line | undefined => {
  // ssh reads a line as a C string.
  const fields = (line.split('\0', 1)[0] ?? '').split(/[ \t]+/).filter(field => field !== '')
  if (fields[0]?.startsWith('#')) return undefined
  const word = fields[0]?.startsWith('@') ? fields.shift() : undefined
  const marker = word === undefined ? undefined : markers[word]
  const [hosts, type, base64] = fields
  if (hosts === undefined || type === undefined || base64 === undefined) return undefined
  if (word !== undefined && marker === undefined) return undefined
  return { where, hosts, type, base64, marker }
}

const decode = ({ base64, ...line }: Line): KnownHost | undefined => {
  const key = readPublicKey(line.type, base64)
  return key && { ...line, key }
}

/** The name under which a host is looked up: `[host]:port` unless the port is 22. Host names are case-insensitive. */
export const knownHostsName = (host: string, port: number): string => {
  const name = lowered(host)
  return port === 22 ? name : `[${name}]:${port}`
}

/** Only ASCII: some non-ASCII letters have an ASCII letter as their lower case. */
const lowered = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase())

/** Whether a host field matches a name as returned by `knownHostsName`. */
export const matchesHost = (hosts: string, name: string): boolean =>
  hosts.startsWith('|') ? matchesHash(hosts, name) : matchesPatterns(hosts, lowered(name))

const matchesHash = (hosts: string, name: string): boolean => {
  const salt = decodeBase64(/^\|1\|([^|]+)\|/.exec(hosts)?.[1] ?? '')
  return salt?.length === saltBytes && hosts === hashHost(name, salt)
}

const saltBytes = 20

const hashOf = (name: string, salt: Buffer): Buffer => createHmac('sha1', salt).update(name).digest()

/** A hashed host field, which hides the name (ssh_config(5), HashKnownHosts). @param salt 20 random bytes */
export const hashHost = (name: string, salt: Buffer): string => `|1|${salt.toString('base64')}|${hashOf(name, salt).toString('base64')}`

/** ssh ignores the whole list if one pattern is longer than this many characters. */
const longestPattern = 1022

/** A matching pattern with `!` in front makes the whole list not match, wherever it is. */
const matchesPatterns = (hosts: string, name: string): boolean => {
  const patterns = hosts.split(',').filter(pattern => pattern !== '')
  if (patterns.some(pattern => pattern.replace(/^!/, '').length > longestPattern)) return false
  const hits = patterns.filter(pattern => matchesPattern(lowered(pattern.replace(/^!/, '')), name))
  return hits.length > 0 && !hits.some(pattern => pattern.startsWith('!'))
}

/** Supports `*` and `?`; any other character, including `[`, is literal. Linear time: no regular expression from untrusted text. */
export const matchesPattern = (pattern: string, name: string): boolean => {
  let at = 0
  let star = -1
  let retry = 0
  for (let i = 0; i < name.length; ) {
    if (pattern[at] === '*') {
      star = at++
      retry = i
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[i])) {
      at++
      i++
    } else if (star >= 0) {
      at = star + 1
      i = ++retry
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
