import { randomBytes } from 'node:crypto'
import { hashHost } from '../../../lib/ssh/known-hosts.ts'

/** A small pseudorandom number generator with a seed (mulberry32). */
export interface Random {
  /** 0 to count - 1. */
  below(count: number): number
  pick<T>(choices: readonly T[]): T
  chance(probability: number): boolean
}

export const randomOf = (seed: number): Random => {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(next() * count)
  return { below, pick: choices => choices[below(choices.length)] as (typeof choices)[number], chance: probability => next() < probability }
}

/** The parts of a case: an sshd, keys and files that the test has created. */
export interface Materials {
  port: number
  /** `type base64` of the host's own keys, and of keys that it does not have. */
  hostKeys: readonly string[]
  strangeKeys: readonly string[]
  /** `type base64` of the authority that certified the host's key, and of another. */
  authorities: readonly string[]
  /** Files: a key that the host accepts, others that it does not. */
  keys: { good: string; goodRsa: string; strange: string; hidden: string; certified: string }
  agent: string
}

/** One case; the configuration refers to a file by its name in braces. */
export interface SshCase {
  host: string
  config: string[]
  files: Record<string, string>
}

/** A plausible known_hosts file and configuration, correct or not. */
export const sshCase = (random: Random, materials: Materials): SshCase => {
  const host = random.pick(['127.0.0.1', 'alias', 'localhost'])
  const { files, lines } = hostKeyPart(random, { ...materials, name: host === 'localhost' ? host : '127.0.0.1' })
  const extra = Array.from({ length: random.below(3) }, () => option(random, materials))
  const login = random.chance(0.8) ? [`IdentityFile ${materials.keys.good}`] : keyOptions(random, materials)
  for (const one of extra) Object.assign(files, one.files)
  const own = [...extra.flatMap(one => one.lines), ...lines, ...login]
  const block = random.pick([`Host ${host}`, 'Host *', `Match originalhost ${host}`, 'Match all'])
  return { host, files, config: [block, ...own, 'Host alias', 'HostName 127.0.0.1', 'Host *', `Port ${materials.port}`] }
}

interface Named extends Materials {
  /** The host's name in known_hosts. */
  name: string
}

const hostKeyPart = (random: Random, materials: Named) => {
  const files: Record<string, string> = { user: knownHosts(random, materials), second: '', global: '', revoked: '' }
  const lines = [`UserKnownHostsFile {user}${random.chance(0.2) ? ' {second}' : ''}`]
  if (random.chance(0.2)) files.second = knownHosts(random, materials)
  if (random.chance(0.15)) files.global = knownHosts(random, materials)
  lines.push('GlobalKnownHostsFile {global}')
  if (random.chance(0.5)) lines.push(`StrictHostKeyChecking ${random.pick(['yes', 'accept-new', 'accept-new', 'ask', 'no', 'off', 'YES'])}`)
  return { files, lines }
}

/** Lines for the host and for others, with all kinds of errors. */
const knownHosts = (random: Random, materials: Named): string => {
  if (random.chance(0.08)) return random.pick(['', '\n\n', '# nothing\n', 'rubbish\n', '\0\0\0', '127.0.0.1\n'])
  const lines = Array.from({ length: 1 + random.below(2) }, () => knownHostsLine(random, materials))
  // Many of the cases have to connect.
  if (random.chance(0.5)) lines.push(...materials.hostKeys.map(key => `[${materials.name}]:${materials.port} ${key}`))
  return lines.join(random.pick(['\n', '\n', '\n', '\r\n'])) + random.pick(['\n', ''])
}

const knownHostsLine = (random: Random, materials: Named): string => {
  const marker = random.chance(0.8)
    ? ''
    : random.pick(['@revoked ', '@revoked ', '@cert-authority ', '@bogus ', '@revoked\t', '@revoked @revoked '])
  const key = keyText(random, materials, marker.startsWith('@cert'))
  const blank = random.pick([' ', ' ', '\t', '  '])
  return `${random.chance(0.1) ? '  ' : ''}${marker}${hostField(random, materials)}${blank}${key}${random.pick(['', ' comment', '\t# x'])}`
}

const hostField = (random: Random, { name: bare, port }: Named): string => {
  const own = `[${bare}]:${port}`
  const salt = () => randomBytes(20)
  if (random.chance(0.4)) return own
  return random.pick([
    bare,
    bare,
    hashHost(own, salt()),
    hashHost(own, salt()),
    hashHost(bare, salt()),
    hashHost('other', salt()),
    `${hashHost(own, salt())}x`,
    `|1|${salt().subarray(1).toString('base64')}|AAAA`,
    '*',
    '[*]:*',
    `[${bare.slice(0, -1)}?]:*`,
    `${bare.slice(0, -1)}*`,
    `*,!${own}`,
    `!${own},*`,
    `!other,${own}`,
    `!${own}`,
    `other,${own}`,
    `${own},other`,
    `[${bare}]:${port + 1}`,
    own.toUpperCase(),
    hashHost(own.toUpperCase(), salt()),
    'pinned',
    'PINNED',
    'alias',
    `[alias]:${port}`,
    'other.example',
    `${'a'.repeat(1100)},${own}`,
    `${own},`,
  ])
}

const keyText = (random: Random, { hostKeys, strangeKeys, authorities }: Materials, authority: boolean): string => {
  const key = random.pick(authority ? authorities : random.chance(0.75) ? hostKeys : strangeKeys)
  if (random.chance(0.85)) return key
  const [type = '', base64 = ''] = key.split(' ')
  return random.pick([
    `${type} ${base64.slice(0, -6)}`,
    `${type} ${base64.slice(0, -4)}!!!!`,
    `${type} ${base64.replace(/=+$/, '')}`,
    `${type} ${base64}AAAA`,
    `${type}`,
    `${type} `,
    `ssh-dss ${base64}`,
    `${type === 'ssh-rsa' ? 'rsa-sha2-512' : 'rsa-sha2-256'} ${base64}`,
    `ssh-new@example ${base64}`,
    `1024 35 ${base64}`,
    `${base64}`,
    `${type} ${base64.slice(0, 20)} ${base64.slice(20)}`,
    `${type} # ${base64}`,
  ])
}

interface OptionLines {
  lines: string[]
  files: Record<string, string>
}

const plain = (...lines: string[]): OptionLines => ({ lines, files: {} })

/** One more option, usually one that restricts something. */
const option = (random: Random, { hostKeys, strangeKeys }: Materials): OptionLines => {
  const revoked = (text: string): OptionLines => ({ lines: ['RevokedHostKeys {revoked}'], files: { revoked: text } })
  const lists = (name: string, ...values: string[]) => plain(`${name} ${random.pick(values)}`)
  return random.pick([
    () =>
      lists(
        'HostKeyAlgorithms',
        'ssh-ed25519',
        'rsa-sha2-512',
        'rsa-sha2-256,ssh-ed25519',
        'ecdsa-sha2-nistp256',
        'ssh-ed25519-cert-v01@openssh.com,rsa-sha2-512',
      ),
    () =>
      lists('HostKeyAlgorithms', '-ssh-ed25519', '+ssh-rsa', '^rsa-sha2-512', '-ecdsa-sha2-*,rsa-sha2-*', '^ecdsa-sha2-nistp256', '-rsa-*'),
    () =>
      lists(
        'PubkeyAcceptedAlgorithms',
        'ssh-ed25519',
        '-ssh-ed25519',
        'rsa-sha2-512',
        '+ssh-rsa',
        '-rsa-*',
        'ssh-ed25519-cert-v01@openssh.com',
      ),
    () => lists('PubkeyAuthentication', 'no', 'yes', 'unbound'),
    () => lists('PreferredAuthentications', 'password', 'publickey', 'keyboard-interactive,publickey', 'gssapi-with-mic'),
    () => lists('AddressFamily', 'inet6', 'inet', 'any'),
    () => lists('BindAddress', '127.0.0.1', '127.0.0.3', '192.0.2.1'),
    () =>
      revoked(random.pick([hostKeys.join('\n'), `${strangeKeys.join('\n')}\n`, '', '# none\n', 'rubbish\n', `${hostKeys[0]}\nrubbish\n`])),
    () =>
      revoked(
        random.pick([`${hostKeys.at(-1)} comment`, `${strangeKeys[0]}\n\n${hostKeys[0]}`, `  ${hostKeys[0]}\n`, `x ${hostKeys[0]}\n`]),
      ),
    () => plain('RevokedHostKeys /nonexistent/revoked'),
    () => plain('RevokedHostKeys none'),
    () => lists('Ciphers', 'aes256-ctr', 'aes128-gcm@openssh.com', '-aes*', '+3des-cbc', 'chacha20-poly1305@openssh.com', '3des-cbc'),
    () => lists('MACs', 'hmac-sha2-512', 'hmac-sha2-256-etm@openssh.com', '-hmac-sha2-*', 'umac-128@openssh.com', '^hmac-sha1'),
    () =>
      lists(
        'KexAlgorithms',
        'curve25519-sha256',
        'ecdh-sha2-nistp521',
        'diffie-hellman-group14-sha256',
        '-curve*',
        'sntrup761x25519-sha512@openssh.com',
      ),
    () => lists('RequiredRSASize', '1024', '2048', '3072', '4096'),
    () => lists('HostKeyAlias', 'pinned', 'PINNED', 'alias', 'somebody'),
    () => lists('CheckHostIP', 'yes', 'no'),
    () => lists('HashKnownHosts', 'yes', 'no'),
    () => lists('IdentitiesOnly', 'yes', 'no'),
    () => lists('NoHostAuthenticationForLocalhost', 'yes', 'no'),
    () => lists('KnownHostsCommand', '/bin/false', '/bin/true', 'none'),
    () => lists('RemoteCommand', 'true', 'none'),
    () => lists('SessionType', 'default'),
    () => lists('ServerAliveInterval', '5', '0'),
    () => lists('Compression', 'yes', 'no'),
    () => lists('ForwardAgent', 'yes', 'no'),
    () => lists('NumberOfPasswordPrompts', '0', '1'),
    () => lists('CASignatureAlgorithms', 'rsa-sha2-512', 'ssh-ed25519'),
    () => lists('NoSuchOption', 'yes'),
    () => plain('IgnoreUnknown NoSuch*', 'NoSuchOption yes'),
    () => lists('Port', '1'),
    () => lists('RekeyLimit', '1M', 'default none'),
    () => lists('UserKnownHostsFile', 'none', '{second}'),
    () => lists('GlobalKnownHostsFile', 'none', '{second}'),
    () => plain('ProxyCommand false'),
  ])()
}

const keyOptions = (random: Random, { keys, agent }: Materials): string[] => {
  const withAgent = random.chance(0.5) ? [`IdentityAgent ${agent}`] : []
  const only = random.chance(0.5) ? [`IdentitiesOnly ${random.pick(['yes', 'no'])}`] : []
  const file = random.pick([
    [`IdentityFile ${keys.strange}`],
    [`IdentityFile ${keys.strange}`, `IdentityFile ${keys.good}`],
    [`IdentityFile ${keys.good}.pub`],
    [`IdentityFile ${keys.hidden}`],
    [`IdentityFile ${keys.hidden}.pub`],
    [`IdentityFile ${keys.goodRsa}`],
    [`IdentityFile ${keys.certified}`],
    [`IdentityFile ${keys.strange}`, `CertificateFile ${keys.certified}-cert.pub`],
    [`IdentityFile ${keys.certified}-cert.pub`],
    ['IdentityFile none'],
    ['IdentityFile /nonexistent/key'],
    [],
  ])
  return [...withAgent, ...only, ...file]
}
