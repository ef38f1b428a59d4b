import { createHash, randomBytes } from 'node:crypto'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Unreachable } from './connection.ts'
import { hashHost, type KnownHost, keyType, knownHostsName, matchesHost, parseKnownHosts } from './known-hosts.ts'

/** Where a host's keys are looked up, and whether an unknown one is learned. */
export interface HostKeyPolicy {
  /** Inventory name, for messages. */
  host: string
  address: string
  port: number
  /** In order; the first is the one that learns. */
  files: string[]
  learn: boolean
  /** Learned names are written hashed. */
  hashNames: boolean
}

export type HostKeyVerdict = { accepted: true; learn: boolean } | { accepted: false; error: Unreachable }

/**
 * The lines about one host. A missing file is an empty one.
 * @throws Unreachable when a file is there and cannot be read: a key that stands in it would look unknown.
 */
export async function readKnownKeys(policy: HostKeyPolicy): Promise<KnownHost[]> {
  const name = knownHostsName(policy.address, policy.port)
  const texts = await Promise.all(policy.files.map(file => readOrMissing(policy.host, file)))
  return texts.flatMap((text, i) => parseKnownHosts(text, policy.files[i] ?? '')).filter(line => matchesHost(line.hosts, name))
}

async function readOrMissing(host: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    const hint = `Make ${file} readable, or take it out of UserKnownHostsFile.`
    throw new Unreachable(host, `${host}: cannot read the known host keys: ${message}`, hint, error)
  }
}

/** SHA256 fingerprint as ssh-keygen -l shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** Judges the key a host showed by what is known of it. A host of which any key is known never gets another one learned. */
export function judgeHostKey(policy: HostKeyPolicy, known: KnownHost[], key: Buffer): HostKeyVerdict {
  const same = known.filter(line => line.key.equals(key))
  const revoked = same.find(line => line.revoked)
  if (revoked) return { accepted: false, error: revokedKey(policy, revoked, key) }
  if (same.length > 0) return { accepted: true, learn: false }
  const others = known.filter(line => !line.revoked)
  if (others.length > 0) return { accepted: false, error: changedKey(policy, others, key) }
  return policy.learn ? { accepted: true, learn: true } : { accepted: false, error: unknownKey(policy, key) }
}

function shown(key: Buffer): string {
  return `${keyType(key) ?? 'unknown type'} ${fingerprint(key)}`
}

function unknownKey({ host, address, port, files }: HostKeyPolicy, key: Buffer): Unreachable {
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${address} >> ${files[0] ?? '~/.ssh/known_hosts'}`
  return new Unreachable(
    host,
    `${host}: the host key of ${address}, port ${port}, is not known: ${shown(key)}`,
    `Compare the fingerprint on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub); then "${scan}", or run again with --accept-new-host-keys.`,
  )
}

function changedKey({ host, address, port }: HostKeyPolicy, known: KnownHost[], key: Buffer): Unreachable {
  const lines = known.map(line => `${line.where} has ${shown(line.key)}`).join(', ')
  return new Unreachable(
    host,
    `${host}: THE HOST KEY OF ${address}, port ${port}, HAS CHANGED, or somebody stands in between. It shows ${shown(key)}; ${lines}`,
    `Do not go on before you know why. Was the machine really reinstalled? Then remove: ssh-keygen -R '${knownHostsName(address, port)}'`,
  )
}

function revokedKey({ host, address }: HostKeyPolicy, line: KnownHost, key: Buffer): Unreachable {
  return new Unreachable(
    host,
    `${host}: ${address} shows a REVOKED host key: ${shown(key)} (${line.where})`,
    'Give the machine a new host key; never use this one.',
  )
}

/** Appends a host key to the first known_hosts file, made 0600 in a 0700 directory when missing. @throws Unreachable */
export async function learnHostKey(policy: HostKeyPolicy, key: Buffer): Promise<void> {
  const file = policy.files[0]
  if (file === undefined) return
  const name = knownHostsName(policy.address, policy.port)
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
