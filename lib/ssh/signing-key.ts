import { Buffer } from 'node:buffer'
import { sign as cryptoSign } from 'node:crypto'
import type { BaseAgent, ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import { type Certificate, signatureTypeKey } from './certificate.ts'
import { wireReader, wireString } from './public-key.ts'

/** Which signature algorithms a key may use: RSA keys have several. */
export interface SigningRules {
  /** PubkeyAcceptedAlgorithms; undefined allows all but SHA-1. */
  accepted: readonly string[] | undefined
  /** Also allow SHA-1: the server is too old for anything better. */
  legacy: boolean
}

/** A key was skipped because the requested signature algorithm is not allowed: the next one is tried. */
export class KeySkipped extends Error {
  override readonly name = 'KeySkipped'
}

const rsaHashes: Record<string, string> = { sha1: 'ssh-rsa', sha256: 'rsa-sha2-256', sha512: 'rsa-sha2-512' }

/** Whether a type of key or certificate may be used at all. */
export const isAccepted = (type: string, { accepted, legacy }: SigningRules): boolean => {
  if (type === 'ssh-rsa' && legacy) return true
  if (accepted === undefined) return true
  return algorithmsOf(type).some(algorithm => accepted.includes(algorithm))
}

/** The signature algorithms of a key type, best first. */
const algorithmsOf = (type: string): string[] => {
  if (type === 'ssh-rsa') return ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']
  if (type === 'ssh-rsa-cert-v01@openssh.com') return ['rsa-sha2-512-cert-v01@openssh.com', 'rsa-sha2-256-cert-v01@openssh.com']
  return [type]
}

/** A key as passed to ssh2, and how the agent signs with it. */
export interface SigningKey {
  key: ParsedKey
  /** The key that the agent signs with; undefined means `key`. The agent may hold only the key of a certificate. */
  heldAs?: ParsedKey
  /** The hash for RSA; undefined leaves the choice to ssh2. */
  hash: string | undefined
}

/** A key that signs only as the rules allow. ssh2 picks the hash that the server announces, or SHA-1 if it announces none. */
export const plainKey = (key: ParsedKey, rules: SigningRules): SigningKey => {
  if (key.type !== 'ssh-rsa') return { key, hash: undefined }
  if (rules.accepted?.includes('rsa-sha2-512') && !rules.accepted.includes('rsa-sha2-256') && !rules.legacy)
    return { key: derived(key, { type: 'rsa-sha2-512', sign: (data: Buffer) => key.sign(data, 'sha512') }), hash: 'sha512' }
  const sign = (data: Buffer, hash?: string) => checkHash(hash, rules) ?? key.sign(data, hash)
  return { key: derived(key, { sign }), hash: undefined }
}

/** @returns why an RSA key must not sign with this hash; undefined when it may */
export const checkHash = (hash: string | undefined, { accepted, legacy }: SigningRules): KeySkipped | undefined => {
  const algorithm = rsaHashes[hash ?? 'sha1'] ?? ''
  const allowed = algorithm === 'ssh-rsa' ? legacy || accepted?.includes('ssh-rsa') : (accepted?.includes(algorithm) ?? true)
  return allowed ? undefined : new KeySkipped(`the server asks for a signature by ${algorithm}, which is not allowed`)
}

/** A certificate as an ssh2 key. @param key the certified key: with its private key, or from the agent */
export const certificateKey = ({ type, blob }: Certificate, key: ParsedKey, rules: SigningRules): SigningKey => {
  const algorithm = algorithmsOf(type).find(name => rules.accepted?.includes(name) ?? true) ?? type
  const signatureType = algorithm.replace('-cert-v01@openssh.com', '')
  const hash = signatureType.startsWith('rsa-') ? signatureType.replace('rsa-sha2-', 'sha') : undefined
  const sign = (data: Buffer) => signSsh(key, data, hash)
  return { key: derived(key, { type: algorithm, getPublicSSH: () => blob, sign, [signatureTypeKey]: signatureType }), hash }
}

/** ssh2 recognises its keys by a hidden property, so a derived key must inherit from the original. */
const derived = (key: ParsedKey, properties: Record<string | symbol, unknown>): ParsedKey => {
  const descriptors = Reflect.ownKeys(properties).map(name => [name, { value: properties[name] }])
  return Object.create(key, Object.fromEntries(descriptors) as PropertyDescriptorMap) as ParsedKey
}

/** A signature in the ssh wire format; ssh2 produces the format of OpenSSL. */
const signSsh = (key: ParsedKey, data: Buffer, hash: string | undefined): Buffer => {
  const pem = key.getPrivatePEM()
  const curve = /^ecdsa-sha2-nistp(\d+)/.exec(key.type)?.[1]
  if (curve === undefined) return cryptoSign(hash, data, pem)
  const digest = { 256: 'sha256', 384: 'sha384', 521: 'sha512' }[curve]
  const both = cryptoSign(digest, data, { key: pem, dsaEncoding: 'ieee-p1363' })
  const half = both.length / 2
  return Buffer.concat([both.subarray(0, half), both.subarray(half)].map(number => wireString(positive(number))))
}

/** A number as an mpint: without leading zeros, except one where it would be negative. */
const positive = (number: Buffer): Buffer => {
  const start = number.findIndex(byte => byte !== 0)
  const digits = number.subarray(start < 0 ? number.length : start)
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits
}

/** An agent that lists only the given keys and signs with each as the rules allow. */
export const chosenKeysAgent = (socket: string, keys: readonly SigningKey[], rules: SigningRules): BaseAgent => {
  const agent = new ssh2.OpenSSHAgent(socket)
  const signWith = agent.sign.bind(agent) as Sign
  agent.getIdentities = callback =>
    callback(
      undefined,
      keys.map(({ key }) => key),
    )
  const sign: Sign = (key, data, options, done) => {
    const { hash: fixed, heldAs = key } = keys.find(own => own.key === key) ?? {}
    const hash = fixed ?? options.hash
    const isRsa = /^(ssh-rsa|rsa-sha2-)/.test(key.type)
    const skipped = isRsa && fixed === undefined ? checkHash(hash, rules) : undefined
    if (skipped) return done(skipped)
    // ssh2 passes on the hash only for this type.
    signWith(isRsa ? derived(heldAs, { type: 'ssh-rsa' }) : heldAs, data, { hash }, done)
  }
  agent.sign = sign as typeof agent.sign
  return agent as BaseAgent
}

type Sign = (
  key: ParsedKey,
  data: Buffer,
  options: { hash: string | undefined },
  done: (error: Error | undefined, signature?: Buffer) => void,
) => void

/** Parses a public key in the ssh wire format as an ssh2 key; undefined if ssh2 does not support it. */
export const parsedPublicKey = (blob: Buffer): ParsedKey | undefined => {
  const type = wireReader(blob).next()?.toString('latin1')
  const parsed = ssh2.utils.parseKey(`${type} ${blob.toString('base64')}`)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  return key === undefined || key instanceof Error ? undefined : key
}
