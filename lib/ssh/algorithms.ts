import type { Algorithms } from 'ssh2'
import { Unreachable } from './connection.ts'
import type { KnownKeys } from './host-key.ts'

/** Host key algorithms of ssh2, in OpenSSH's order. */
const hostKeys = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256']
/** RSA with SHA-1, for which collisions are affordable: OpenSSH's own client has refused it by default since 8.8. */
const oldHostKey = 'ssh-rsa'
const oldKeyExchange = 'diffie-hellman-group14-sha1'
const oldMac = 'hmac-sha1'

/** The default algorithms of ssh2 without the legacy ones, in ssh2's order of preference. */
const ourKeyExchanges = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group15-sha512',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group17-sha512',
  'diffie-hellman-group18-sha512',
]
const ourCiphers = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
]
const ourMacs = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha1-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
]

/** The user's algorithm lists from ssh_config; undefined where ssh is not installed. */
export interface AlgorithmLists {
  HostKeyAlgorithms?: readonly string[] | undefined
  KexAlgorithms?: readonly string[] | undefined
  Ciphers?: readonly string[] | undefined
  MACs?: readonly string[] | undefined
}

type ListName = keyof AlgorithmLists
const ours: Record<ListName, readonly string[]> = {
  HostKeyAlgorithms: hostKeys,
  KexAlgorithms: ourKeyExchanges,
  Ciphers: ourCiphers,
  MACs: ourMacs,
}

/** The key type that a signature algorithm uses. */
const typeOf = (algorithm: string): string => (algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)

/** Whether the list is ssh's default, possibly with additions. Only then does ssh put the algorithms of known keys first. */
const isDefault = (list: readonly string[]): boolean => list.filter(algorithm => hostKeys.includes(algorithm)).join() === hostKeys.join()

/**
 * The host key algorithms to request, in ssh's order (order_hostkeyalgs in sshconnect2.c). A list set by the user is not reordered. The
 * default list is not reordered if a key of the preferred type is known; otherwise the algorithms of known keys come first.
 */
export const hostKeyAlgorithms = (lists: AlgorithmLists, { named }: Pick<KnownKeys, 'named'>, legacy: boolean): string[] => {
  const list = lists.HostKeyAlgorithms ?? hostKeys
  // Where ssh would request a certificate, the host presents its plain key here. That type must be allowed too: see allowedTypes.
  const plain = new Set(list.map(algorithm => algorithm.replace('-cert-v01@openssh.com', '')))
  const allowed = [...[...plain].filter(algorithm => hostKeys.includes(algorithm)), ...(legacy ? [oldHostKey] : [])]
  // With a certificate authority ssh prefers certificates, whatever keys are known, and checks the key inside one.
  if (!isDefault(list) || named.some(line => line.marker === 'authority')) return allowed
  const types = new Set(hostKeys.map(typeOf).filter(type => isKnownType(named, type)))
  if (types.has(allowed[0] ?? '')) return allowed
  const isKnown = (algorithm: string) => types.has(typeOf(algorithm))
  return [...allowed.filter(isKnown), ...allowed.filter(algorithm => !isKnown(algorithm))]
}

/** The accepted types of host keys. */
export const allowedTypes = ({ HostKeyAlgorithms: list = hostKeys }: AlgorithmLists, legacy: boolean): string[] => {
  const types = list.filter(algorithm => hostKeys.includes(algorithm)).map(typeOf)
  return [...new Set(legacy ? [...types, oldHostKey] : types)]
}

/** Like ssh, looks only at the first known key of a type. */
const isKnownType = (named: KnownKeys['named'], type: string): boolean => {
  const first = named.find(line => line.marker === undefined && typeOf(line.type) === type)
  return first !== undefined && !named.some(line => line.marker === 'revoked' && line.key.equals(first.key))
}

/**
 * The algorithms to offer: those of the user's ssh that ssh2 supports. OpenSSH 5.3 (CentOS 6) needs three legacy algorithms; they are
 * offered only if a variable of the host allows it, and last. Its cipher aes128-ctr is still secure.
 * @throws Unreachable when a list allows no supported algorithm
 */
export const algorithmsFor = (host: string, lists: AlgorithmLists, known: Pick<KnownKeys, 'named'>, legacy: boolean): Algorithms => {
  const change = (name: ListName, old: string[] = []) => {
    const remove = ours[name].filter(algorithm => lists[name] !== undefined && !lists[name].includes(algorithm))
    if (remove.length === ours[name].length && old.length === 0) throw nothingLeft(host, name, lists[name] ?? [])
    return { append: old, prepend: [], remove }
  }
  change('HostKeyAlgorithms', legacy ? [oldHostKey] : [])
  const macs = change('MACs')
  return {
    serverHostKey: hostKeyAlgorithms(lists, known, legacy),
    kex: change('KexAlgorithms', legacy ? [oldKeyExchange] : []),
    cipher: change('Ciphers'),
    hmac: { ...macs, remove: [...macs.remove, ...(legacy ? [] : [oldMac])] },
  } as Algorithms
}

const nothingLeft = (host: string, name: ListName, list: readonly string[]): Unreachable => {
  const message = `${host}: ${name} in the ssh configuration allows no supported algorithm: ${list.join(',')}`
  return new Unreachable(
    host,
    message,
    `Add one of ${ours[name].join(', ')} to it. Show the current value: ssh -G <address> | grep -i '^${name} '`,
  )
}

/** The error for two sides without a common algorithm, naming the variable that allows legacy ones; undefined for any other error. */
export const nothingInCommon = (host: string, error: Error, legacy: boolean): Unreachable | undefined => {
  const missing = /^Handshake failed: (no matching .*)/.exec(error.message)?.[1]
  if (missing === undefined) return undefined
  const hint = legacy
    ? 'Is its sshd older than OpenSSH 5.3? Or do KexAlgorithms, Ciphers or MACs in its sshd_config, or in the ssh configuration here (ssh -G), restrict it?'
    : `Does the ssh configuration here restrict Ciphers, MACs, KexAlgorithms or HostKeyAlgorithms (ssh -G shows them)? If the host runs OpenSSH 5.3 (CentOS 6), set nfsha_ssh_legacy: true in its variables: it allows ${oldKeyExchange}, ${oldHostKey} and ${oldMac} for this host only. They are weak: use them only on a trusted network.`
  return new Unreachable(host, `${host}: no ssh algorithm in common with its sshd (${missing})`, hint, error)
}
