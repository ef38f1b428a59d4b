import type { Algorithms } from 'ssh2'
import { Unreachable } from './connection.ts'
import type { KnownHost } from './known-hosts.ts'

/** Host key algorithms of ssh2, what it prefers first. */
const HOST_KEYS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const
/** RSA keys signed with SHA-1, whose collisions can be bought: OpenSSH's own client has refused it since 8.8. */
const OLD_HOST_KEY = 'ssh-rsa'
const OLD_KEY_EXCHANGE = 'diffie-hellman-group14-sha1'
const OLD_MAC = 'hmac-sha1'

type HostKeyAlgorithm = (typeof HOST_KEYS)[number] | typeof OLD_HOST_KEY

/** The host key algorithms to ask for, those of known keys first: a host known by its RSA key alone would otherwise show another one. */
export function hostKeyAlgorithms(known: KnownHost[], legacy: boolean): HostKeyAlgorithm[] {
  const types = new Set(known.filter(line => !line.revoked).map(line => line.type))
  const isKnown = (algorithm: string) => types.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  const allowed = legacy ? [...HOST_KEYS, OLD_HOST_KEY] : HOST_KEYS
  return [...allowed.filter(isKnown), ...allowed.filter(algorithm => !isKnown(algorithm))] as HostKeyAlgorithm[]
}

/**
 * What is offered to a server. Three of OpenSSH 5.3's algorithms (CentOS 6) are offered only where a host's own variable allows them, and then as the
 * last choice; its fourth, the cipher aes128-ctr, is as good as ever.
 */
export function algorithmsFor(known: KnownHost[], legacy: boolean): Algorithms {
  return {
    serverHostKey: hostKeyAlgorithms(known, legacy),
    kex: { append: legacy ? [OLD_KEY_EXCHANGE] : [], prepend: [], remove: [] },
    hmac: { append: [], prepend: [], remove: legacy ? [] : [OLD_MAC] },
  }
}

/** The error of two sides that share no algorithm, with the variable that allows the old ones; undefined when it is another error. */
export function nothingInCommon(host: string, error: Error, legacy: boolean): Unreachable | undefined {
  const missing = /^Handshake failed: (no matching .*)/.exec(error.message)?.[1]
  if (missing === undefined) return undefined
  const hint = legacy
    ? 'Is its sshd older than OpenSSH 5.3, or are its algorithms restricted? See sshd_config there: KexAlgorithms, Ciphers, MACs.'
    : `If it is a machine of OpenSSH 5.3 (CentOS 6): nfsha_ssh_legacy: true among its variables allows ${OLD_KEY_EXCHANGE}, ${OLD_HOST_KEY} and ${OLD_MAC} for it alone. They are weak: use it on a network that you trust.`
  return new Unreachable(host, `${host}: its sshd offers only ssh algorithms that are not used here (${missing})`, hint, error)
}
