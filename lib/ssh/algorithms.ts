import type { Algorithms } from 'ssh2'
import { Unreachable } from './connection.ts'
import type { KnownKeys } from './host-key.ts'

/** Host key algorithms of ssh2, in OpenSSH's order. */
const hostKeys = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256']
/** RSA keys signed with SHA-1, whose collisions can be bought: OpenSSH's own client has refused it since 8.8. */
const oldHostKey = 'ssh-rsa'
const oldKeyExchange = 'diffie-hellman-group14-sha1'
const oldMac = 'hmac-sha1'

/** What ssh2 offers of itself, without what is old, what it prefers first. */
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

/** The user's lists of ssh_config, each undefined where there is no ssh to ask. */
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

/** The type of the keys with which an algorithm signs. */
const typeOf = (algorithm: string): string => (algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)

/** Whether the list is ssh's own, or that with something added: then ssh puts the algorithms of known keys first. */
const isDefault = (list: readonly string[]): boolean => list.filter(algorithm => hostKeys.includes(algorithm)).join() === hostKeys.join()

/**
 * The host key algorithms to ask for, ordered as ssh orders them (order_hostkeyalgs in its sshconnect2.c): a list of the user's stays as it
 * is; else it stays as it is where a key of the best type is known, and the algorithms of known keys come first where none is.
 */
export const hostKeyAlgorithms = (lists: AlgorithmLists, { named }: Pick<KnownKeys, 'named'>, legacy: boolean): string[] => {
  const list = lists.HostKeyAlgorithms ?? hostKeys
  // Where ssh would ask for a certificate the host shows its key, and that must be allowed too: see allowedTypes.
  const plain = new Set(list.map(algorithm => algorithm.replace('-cert-v01@openssh.com', '')))
  const allowed = [...[...plain].filter(algorithm => hostKeys.includes(algorithm)), ...(legacy ? [oldHostKey] : [])]
  // With a certificate authority ssh prefers certificates, whatever keys are known, and shows the key that is in one.
  if (!isDefault(list) || named.some(line => line.marker === 'authority')) return allowed
  const types = new Set(hostKeys.map(typeOf).filter(type => isKnownType(named, type)))
  if (types.has(allowed[0] ?? '')) return allowed
  const isKnown = (algorithm: string) => types.has(typeOf(algorithm))
  return [...allowed.filter(isKnown), ...allowed.filter(algorithm => !isKnown(algorithm))]
}

/** Types of host keys that may be shown. */
export const allowedTypes = ({ HostKeyAlgorithms: list = hostKeys }: AlgorithmLists, legacy: boolean): string[] => {
  const types = list.filter(algorithm => hostKeys.includes(algorithm)).map(typeOf)
  return [...new Set(legacy ? [...types, oldHostKey] : types)]
}

/** As ssh does, it takes the first key of a type for all of that type. */
const isKnownType = (named: KnownKeys['named'], type: string): boolean => {
  const first = named.find(line => line.marker === undefined && typeOf(line.type) === type)
  return first !== undefined && !named.some(line => line.marker === 'revoked' && line.key.equals(first.key))
}

/**
 * What is offered to a server: what ssh2 has of what the user's ssh would offer. Three of OpenSSH 5.3's algorithms (CentOS 6) are offered
 * only where a host's own variable allows them, and then as the last choice; its fourth, the cipher aes128-ctr, is as good as ever.
 * @throws Unreachable when nothing is left of a list
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
  return new Unreachable(host, message, `Add one of ${ours[name].join(', ')} to it. Show the current value: ssh -G <address> | grep -i '^${name} '`)
}

/** The error of two sides that share no algorithm, with the variable that allows the old ones; undefined when it is another error. */
export const nothingInCommon = (host: string, error: Error, legacy: boolean): Unreachable | undefined => {
  const missing = /^Handshake failed: (no matching .*)/.exec(error.message)?.[1]
  if (missing === undefined) return undefined
  const hint = legacy
    ? 'Is its sshd older than OpenSSH 5.3? Or do KexAlgorithms, Ciphers or MACs in its sshd_config, or in the ssh configuration here (ssh -G), restrict it?'
    : `Does the ssh configuration here restrict Ciphers, MACs, KexAlgorithms or HostKeyAlgorithms (ssh -G shows them)? If the host runs OpenSSH 5.3 (CentOS 6), set nfsha_ssh_legacy: true in its variables: it allows ${oldKeyExchange}, ${oldHostKey} and ${oldMac} for this host only. They are weak: use them only on a trusted network.`
  return new Unreachable(host, `${host}: no ssh algorithm in common with its sshd (${missing})`, hint, error)
}
