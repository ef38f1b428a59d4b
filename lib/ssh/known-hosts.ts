import { createHmac } from 'node:crypto'

/** One line of a known_hosts file that names a host key. */
export interface KnownHost {
  /** `file:line`, for messages. */
  where: string
  /** The host field as written: names and patterns with commas, or `|1|salt|hash`. */
  hosts: string
  type: string
  /** The public key as ssh sends it. */
  key: Buffer
  revoked: boolean
}

/**
 * Reads known_hosts text as OpenSSH does (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Comments, lines nobody can read and
 * `@cert-authority` lines are left out: ssh2 knows no host certificates.
 */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => parseLine(line, `${file}:${index + 1}`) ?? [])
}

function parseLine(line: string, where: string): KnownHost | undefined {
  const fields = line.split(/[ \t\r]+/).filter(field => field !== '')
  if (fields.length === 0 || fields[0]?.startsWith('#')) return undefined
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined
  if (marker !== undefined && marker !== '@revoked') return undefined
  const [hosts, type, base64] = fields
  if (hosts === undefined || type === undefined || base64 === undefined) return undefined
  const key = Buffer.from(base64, 'base64')
  return keyType(key) === type ? { where, hosts, type, key, revoked: marker === '@revoked' } : undefined
}

/** The type a public key names in itself (RFC 4253, 6.6); undefined when it is no key. */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined
  const length = key.readUInt32BE(0)
  return length > 0 && key.length >= 4 + length ? key.subarray(4, 4 + length).toString('latin1') : undefined
}

/** The name under which a host is looked up: `[host]:port` unless the port is 22. Host names know no case. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

/** Whether a host field stands for the name, as `knownHostsName` gives it. */
export function matchesHost(hosts: string, name: string): boolean {
  return hosts.startsWith('|') ? matchesHash(hosts, name) : matchesPatterns(hosts, name)
}

function matchesHash(hosts: string, name: string): boolean {
  const [, version, salt, hash] = hosts.split('|')
  if (version !== '1' || !salt || !hash) return false
  return hashOf(name, Buffer.from(salt, 'base64')).equals(Buffer.from(hash, 'base64'))
}

function hashOf(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name).digest()
}

/** A host field that does not tell the name (ssh_config(5), HashKnownHosts). @param salt 20 random bytes */
export function hashHost(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${hashOf(name, salt).toString('base64')}`
}

/** One pattern that matches with `!` in front makes the whole list not match, wherever it stands. */
function matchesPatterns(hosts: string, name: string): boolean {
  const patterns = hosts.split(',').filter(pattern => pattern !== '')
  const hits = patterns.filter(pattern => matchesPattern(pattern.replace(/^!/, '').toLowerCase(), name))
  return hits.length > 0 && !hits.some(pattern => pattern.startsWith('!'))
}

/** `*` and `?`; everything else, `[` included, is itself. Linear in time: no regular expression from foreign text. */
export function matchesPattern(pattern: string, name: string): boolean {
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
