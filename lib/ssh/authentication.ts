import type { ParsedKey } from 'ssh2'
import { listAgentKeys } from './agent.ts'
import { type Certificate, readUserCertificate } from './certificate.ts'
import { type KeyFile, readKeyFile, readPublicFile } from './key-file.ts'
import type { Attempt } from './login.ts'
import type { HostConfig, Method } from './openssh-config.ts'
import { fingerprint, isCertificateType, keyType, rsaBits } from './public-key.ts'
import {
  certificateKey,
  chosenKeysAgent,
  isAccepted,
  parsedPublicKey,
  plainKey,
  type SigningKey,
  type SigningRules,
} from './signing-key.ts'

export interface Attempts {
  attempts: Attempt[]
  /** Keys and passwords that could not be used, and why. */
  notes: string[]
}

/** What the inventory adds to the ssh configuration for a login. */
export interface Credentials {
  /** Key files that were named explicitly: a missing one is noted. */
  named: readonly string[]
  password: string | undefined
  /** The host may be so old that it supports only SHA-1 signatures. */
  legacy: boolean
}

/**
 * The login attempts that the ssh configuration allows, in this order: keys named in the inventory, the agent's keys, other key files, the
 * password. Each key is tried once, because sshd disconnects after six attempts (MaxAuthTries).
 */
export const collectAttempts = async (config: HostConfig, credentials: Credentials): Promise<Attempts> => {
  const notes: string[] = []
  const byKey = config.methods.includes('publickey') ? await keyAttempts(config, credentials, notes) : []
  if (!config.methods.includes('publickey'))
    notes.push('no key is tried: PubkeyAuthentication or PreferredAuthentications excludes public keys')
  const { password } = credentials
  const byPassword = password === undefined ? [] : passwordAttempts(config.user, password)
  const allowed = [...byKey, ...byPassword].filter(attempt => config.methods.includes(methodOf(attempt)))
  if (password !== undefined && allowed.every(attempt => methodOf(attempt) === 'publickey'))
    notes.push(
      'the password is not tried: BatchMode, PasswordAuthentication, PreferredAuthentications or NumberOfPasswordPrompts excludes it',
    )
  return { attempts: allowed.toSorted((a, b) => config.methods.indexOf(methodOf(a)) - config.methods.indexOf(methodOf(b))), notes }
}

const methodOf = ({ method }: Attempt): Method => (method.type === 'agent' ? 'publickey' : (method.type as Method))

/** A key or a certificate, and where its private key is. */
interface Identity {
  what: string
  blob: Buffer
  certificate: Certificate | undefined
  /** The private key, if a file contains it. */
  privateKey: ParsedKey | undefined
  /** Whether the agent holds this key or certificate itself, or only the key that a certificate certifies. */
  inAgent: 'itself' | 'key' | undefined
  file: string | undefined
  /** The file contains a public key. */
  isPublicFile: boolean
}

const keyAttempts = async (config: HostConfig, credentials: Credentials, notes: string[]): Promise<Attempt[]> => {
  const [files, certificates, held] = await Promise.all([
    Promise.all(config.identityFiles.map(file => readKeyFile(file, credentials.named.includes(file), notes))),
    Promise.all(config.certificateFiles.map(async file => ({ file, blob: await readPublicFile(file, notes) }))),
    agentKeys(config.agent, notes),
  ])
  const identities = identitiesOf(config, files, certificates, held)
  const rules: SigningRules = { accepted: config.acceptedKeys, legacy: credentials.legacy }
  const usable = identities.filter(identity => isUsable(identity, config, rules, notes))
  const first = usable.filter(({ file, privateKey }) => file !== undefined && privateKey && credentials.named.includes(file))
  const agent = usable.filter(identity => identity.inAgent && !first.includes(identity))
  const others = usable.filter(identity => !first.includes(identity) && !agent.includes(identity))
  return [
    ...first.flatMap(identity => fileAttempt(config.user, identity, rules)),
    ...agentAttempts(config, agent, rules),
    ...others.flatMap(identity => fileAttempt(config.user, identity, rules)),
  ]
}

const agentKeys = async (socket: string | undefined, notes: string[]): Promise<Buffer[]> => {
  if (socket === undefined) return []
  try {
    return (await listAgentKeys(socket)).map(({ blob }) => blob)
  } catch (error) {
    notes.push(`the ssh agent at ${socket} does not answer (${(error as Error).message})`)
    return []
  }
}

/** The certificates of CertificateFile, then key files with their certificates, then the agent's remaining keys. */
const identitiesOf = (
  config: HostConfig,
  files: readonly KeyFile[],
  named: readonly { file: string; blob: Buffer | undefined }[],
  held: readonly Buffer[],
): Identity[] => {
  const found: Identity[] = []
  const holds = (blob: Buffer) => held.some(key => key.equals(blob))
  const add = (blob: Buffer | undefined, what: string, file?: string, isPublicFile = false) => {
    if (blob === undefined || found.some(identity => identity.blob.equals(blob))) return
    const certificate = readUserCertificate(blob)
    const signer = certificate?.publicKey ?? blob
    const privateKey = files.find(other => other.privateKey && other.publicKey?.equals(signer))?.privateKey
    found.push({
      what,
      blob,
      certificate,
      privateKey,
      inAgent: holds(blob) ? 'itself' : holds(signer) ? 'key' : undefined,
      file,
      isPublicFile,
    })
  }
  for (const { file, blob } of named) add(blob, file)
  for (const { file, publicKey, isPublic, certificate } of files) {
    add(publicKey, file, file, isPublic)
    if (config.certificateFiles.length === 0) add(certificate, `the certificate for ${file}`, file)
  }
  if (!config.identitiesOnly) for (const blob of held) add(blob, `${keyType(blob)} ${fingerprint(blob)} from the agent`)
  // Like ssh: configured keys that the agent holds come first, in the agent's order.
  const place = ({ blob }: Identity) => held.findIndex(key => key.equals(blob))
  const fromFiles = found.filter(({ file, inAgent }) => file !== undefined && inAgent).toSorted((a, b) => place(a) - place(b))
  return [...found.filter(({ file, certificate }) => file === undefined && certificate), ...fromFiles, ...found].filter(
    (identity, index, all) => all.indexOf(identity) === index,
  )
}

const isUsable = (identity: Identity, config: HostConfig, rules: SigningRules, notes: string[]): boolean => {
  const { blob, what, certificate, privateKey, inAgent } = identity
  const type = keyType(blob) ?? ''
  const bits = rsaBits(certificate?.publicKey ?? blob)
  const note = (reason: string) => {
    notes.push(`${what} is not tried: ${reason}`)
    return false
  }
  if (type.startsWith('sk-')) return note('security keys are not supported (a limit of the ssh2 library)')
  if (isCertificateType(type) && !certificate) return note('it is not a user certificate, or its type is not supported')
  if (bits !== undefined && bits < config.rsaSize) return note(`it has ${bits} bits; RequiredRSASize is ${config.rsaSize}`)
  if (!isAccepted(type, rules)) return note(`PubkeyAcceptedAlgorithms does not allow ${type}`)
  if (privateKey || inAgent) return true
  if (certificate) return note('its private key is neither in a file nor in the agent')
  if (identity.isPublicFile) notes.push(`${what} is a public key, and no agent holds its private key: add it with ssh-add`)
  return false
}

/** @returns undefined for a key that ssh2 cannot read */
const signingKey = ({ blob, certificate, inAgent }: Identity, key: ParsedKey | undefined, rules: SigningRules): SigningKey | undefined => {
  const publicKey = parsedPublicKey(certificate?.publicKey ?? blob)
  const base = key ?? publicKey
  if (!base || !certificate) return base && plainKey(base, rules)
  const signing = certificateKey(certificate, base, rules)
  return inAgent === 'key' && publicKey ? { ...signing, heldAs: publicKey } : signing
}

const fileAttempt = (username: string, identity: Identity, rules: SigningRules): Attempt[] => {
  const key = signingKey(identity, identity.privateKey, rules)?.key
  return key === undefined ? [] : [{ what: identity.what, method: { type: 'publickey', username, key } }]
}

const agentAttempts = (config: HostConfig, identities: readonly Identity[], rules: SigningRules): Attempt[] => {
  const keys = identities.flatMap(identity => signingKey(identity, undefined, rules) ?? [])
  if (config.agent === undefined || keys.length === 0) return []
  const what = `${keys.length} key${keys.length === 1 ? '' : 's'} from the agent`
  const agent = chosenKeysAgent(config.agent, keys, rules)
  return [{ what, method: { type: 'agent', username: config.user, agent } }]
}

const passwordAttempts = (username: string, password: string): Attempt[] => [
  { what: 'password', method: { type: 'password', username, password } },
  {
    what: 'password (keyboard-interactive)',
    method: { type: 'keyboard-interactive', username, prompt: (_n, _i, _l, prompts, finish) => finish(prompts.map(() => password)) },
  },
]
