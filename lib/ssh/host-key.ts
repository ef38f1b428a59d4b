import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Unreachable } from './connection.ts'
import { findKnownHosts, hashHost, type KnownHost, knownHostsName } from './known-hosts.ts'
import { fingerprint, keyType, rsaBits } from './public-key.ts'
import { quote } from './quote.ts'

/** Where a host's keys are looked up, and whether an unknown key is stored. */
export interface HostKeyPolicy {
  /** Inventory name, for messages. */
  host: string
  address: string
  port: number
  /** HostKeyAlias: the name in known_hosts, in place of address and port. */
  alias?: string | undefined
  /** The user's known_hosts files; new keys are written to the first. */
  userFiles: string[]
  globalFiles: string[]
  /** RevokedHostKeys. */
  revokedFiles: string[]
  learn: boolean
  /** New names are stored hashed. */
  hashNames: boolean
  /** Accepted types of host keys (HostKeyAlgorithms). */
  keyTypes: readonly string[]
  /** Minimum bits of an RSA key (RequiredRSASize). */
  rsaSize: number
}

/** The known_hosts lines for a host, by the names that ssh looks up. */
export interface KnownKeys {
  named: KnownHost[]
  /** Lines for the host on port 22: ssh accepts them for another port if they contain the presented key. */
  portless: KnownHost[]
  /** CheckHostIP: lines for the resolved address, with and without the port. */
  byAddress: KnownHost[]
  portlessByAddress: KnownHost[]
}

export type HostKeyVerdict = { accepted: true; learn: boolean } | { accepted: false; error: Unreachable }

/**
 * Reads the lines about one host. A missing file counts as empty.
 * @param ip the resolved address, if it is to be checked too
 * @throws Unreachable when a file exists but cannot be read: a key in it would look unknown
 */
export const readKnownKeys = async (policy: HostKeyPolicy, ip?: string): Promise<KnownKeys> => {
  const files = [...policy.userFiles, ...policy.globalFiles]
  const texts = await Promise.all(files.map(file => readOrMissing(policy.host, file)))
  const find = (name: string) => texts.flatMap((text, i) => findKnownHosts(text, files[i] ?? '', name))
  const portless = policy.alias === undefined && policy.port !== 22
  return {
    named: find(lookupName(policy)),
    portless: portless ? find(knownHostsName(policy.address, 22)) : [],
    byAddress: ip === undefined ? [] : find(knownHostsName(ip, policy.port)),
    portlessByAddress: ip !== undefined && portless ? find(knownHostsName(ip, 22)) : [],
  }
}

/** The name in known_hosts. An alias is stored without a port (ssh_config(5), HostKeyAlias). */
const lookupName = ({ alias, address, port }: HostKeyPolicy): string => alias ?? knownHostsName(address, port)

const readOrMissing = async (host: string, file: string): Promise<string> => {
  try {
    // ssh compares bytes.
    return await readFile(file, 'latin1')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    const hint = `Make ${file} readable, or remove it from UserKnownHostsFile and GlobalKnownHostsFile.`
    throw new Unreachable(host, `${host}: cannot read the known host keys: ${message}`, hint, error)
  }
}

/**
 * Checks the key that a host presented against known_hosts, in ssh's order (check_host_key in sshconnect.c).
 * If any key is known under the host's own name, no other key is stored.
 */
export const judgeHostKey = (policy: HostKeyPolicy, known: KnownKeys, key: Buffer): HostKeyVerdict => {
  const refuse = (error: Unreachable): HostKeyVerdict => ({ accepted: false, error })
  const unfit = unfitKey(policy, key)
  if (unfit) return refuse(unfit)
  const revoked = (Object.values(known) as KnownHost[][]).flat().find(line => line.marker === 'revoked' && line.key.equals(key))
  if (revoked) return refuse(revokedKey(policy, key, revoked.where))
  const status = statusOf(known.named, key)
  const elsewhere = statusOf(known.byAddress, key)
  if (status === 'changed') return refuse(changedKey(policy, plain(known.named), key))
  if (elsewhere === 'changed') return refuse(otherAtAddress(policy, plain(known.byAddress), key))
  const onPort22 = statusOf(known.portless, key) === 'known' && statusOf(known.portlessByAddress, key) !== 'changed'
  if (status === 'known' || onPort22) return { accepted: true, learn: false }
  const isCertified = known.named.some(line => line.marker === 'authority')
  if (!policy.learn || isCertified) return refuse(unknownKey(policy, known, key))
  const obstacle = whyNotLearned(policy)
  return obstacle === undefined ? { accepted: true, learn: true } : refuse(unlearnedKey(policy, key, obstacle))
}

const plain = (lines: KnownHost[]) => lines.filter(line => line.marker === undefined)

const statusOf = (lines: KnownHost[], key: Buffer): 'known' | 'changed' | 'new' => {
  const keys = plain(lines)
  if (keys.some(line => line.key.equals(key))) return 'known'
  return keys.length > 0 ? 'changed' : 'new'
}

const unfitKey = ({ host, address, port, keyTypes, rsaSize }: HostKeyPolicy, key: Buffer): Unreachable | undefined => {
  const type = keyType(key) ?? 'unknown'
  if (!keyTypes.includes(type)) {
    const message = `${host}: ${address}, port ${port}, presents a host key of type ${type}, which HostKeyAlgorithms does not allow`
    return new Unreachable(host, message, `Allowed here: ${keyTypes.join(', ')}. See: ssh -G ${address} | grep -i hostkeyalgorithms`)
  }
  const bits = rsaBits(key)
  if (bits === undefined || bits >= rsaSize) return undefined
  const message = `${host}: ${address}, port ${port}, presents an RSA host key of ${bits} bits; RequiredRSASize is ${rsaSize}`
  return new Unreachable(host, message, 'Create a longer host key on the host: ssh-keygen -A creates missing ones.')
}

/** Why a key cannot be stored: names that ssh never writes to a file, and files that store nothing. */
const whyNotLearned = (policy: HostKeyPolicy): string | undefined => {
  const file = policy.userFiles[0]
  if (file === undefined) return 'there is no UserKnownHostsFile to write it to'
  if (file === '/dev/null') return 'UserKnownHostsFile /dev/null stores nothing, so any machine would be accepted every time'
  return /[@?*#[\]|'"\\\s,]/.test(policy.alias ?? policy.address)
    ? 'its name contains a character that known_hosts does not allow'
    : undefined
}

const shown = (key: Buffer): string => `${keyType(key) ?? 'unknown type'} ${fingerprint(key)}`

const compareHint = 'Compare the fingerprint on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub)'

const unknownKey = (policy: HostKeyPolicy, known: KnownKeys, key: Buffer): Unreachable => {
  const { host, address, port, alias, userFiles } = policy
  const where = `${address}, port ${port},${alias === undefined ? '' : ` (HostKeyAlias ${alias})`}`
  const message = `${host}: the host key of ${where} is not known: ${shown(key)}`
  const authority = known.named.find(line => line.marker === 'authority')
  if (authority) {
    const why = `${authority.where} trusts a certificate authority for it, and host certificates are not supported (a limit of the ssh2 library)`
    return new Unreachable(host, `${message}; ${why}`, `${compareHint}; then add the key itself: ${addLine(policy, key)}`)
  }
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${quote(address)} >> ${quote(userFiles[0] ?? '~/.ssh/known_hosts')}`
  const add = alias === undefined ? `"${scan}"` : addLine(policy, key)
  return new Unreachable(host, message, `${compareHint}; then ${add}, or run again with --accept-new-host-keys.`)
}

const addLine = (policy: HostKeyPolicy, key: Buffer): string => {
  const line = `${lookupName(policy)} ${keyType(key)} ${key.toString('base64')}`
  return `echo ${quote(line)} >> ${quote(policy.userFiles[0] ?? '~/.ssh/known_hosts')}`
}

const unlearnedKey = ({ host, address, port }: HostKeyPolicy, key: Buffer, obstacle: string): Unreachable => {
  const message = `${host}: the host key of ${address}, port ${port}, is not known: ${shown(key)}; it cannot be stored: ${obstacle}`
  return new Unreachable(host, message, `${compareHint}, and set UserKnownHostsFile to a file that can store it.`)
}

const changedKey = (policy: HostKeyPolicy, known: KnownHost[], key: Buffer): Unreachable => {
  const { host, address, port } = policy
  const remove = [...new Set(known.map(line => line.where.replace(/:\d+$/, '')))]
    .map(file => `ssh-keygen -f ${quote(file)} -R ${quote(lookupName(policy))}`)
    .join('; ')
  return new Unreachable(
    host,
    `${host}: THE HOST KEY OF ${address}, port ${port}, HAS CHANGED, or this is a man-in-the-middle attack. It presents ${shown(key)}; ${listed(known)}`,
    `Do not continue until you know why. If the machine was reinstalled, remove the old key: ${remove}`,
  )
}

const listed = (lines: KnownHost[]) => lines.map(line => `${line.where} has ${shown(line.key)}`).join(', ')

const otherAtAddress = ({ host, address }: HostKeyPolicy, known: KnownHost[], key: Buffer): Unreachable =>
  new Unreachable(
    host,
    `${host}: the address that ${address} resolves to is known with another host key (CheckHostIP): it presents ${shown(key)}; ${listed(known)}`,
    'If the name resolves to the right machine, remove the line named above.',
  )

/** @param where the line or file that revokes it */
export const revokedKey = ({ host, address }: HostKeyPolicy, key: Buffer, where: string): Unreachable =>
  new Unreachable(
    host,
    `${host}: ${address} presents a REVOKED host key: ${shown(key)} (${where})`,
    'Create a new host key on the host; never use this one again.',
  )

/** Appends a host key to the user's first known_hosts file; creates it 0600 in a 0700 directory if missing. @throws Unreachable */
export const learnHostKey = async (policy: HostKeyPolicy, key: Buffer): Promise<void> => {
  const file = policy.userFiles[0]
  if (file === undefined) return
  const name = lookupName(policy)
  const field = policy.hashNames ? hashHost(name, randomBytes(20)) : name
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const before = await readOrMissing(policy.host, file)
    const separator = before === '' || before.endsWith('\n') ? '' : '\n'
    await appendFile(file, `${separator}${field} ${keyType(key)} ${key.toString('base64')}\n`, { mode: 0o600 })
  } catch (error) {
    if (error instanceof Unreachable) throw error
    const message = `${policy.host}: cannot write the new host key: ${(error as Error).message}`
    throw new Unreachable(policy.host, message, `Make ${file} writable, or add the key by hand.`, error)
  }
}
