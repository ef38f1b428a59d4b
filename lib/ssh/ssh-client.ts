import { isIPv4 } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import ssh2 from 'ssh2'
import { algorithmsFor, allowedTypes, nothingInCommon } from './algorithms.ts'
import { type Attempts, collectAttempts } from './authentication.ts'
import { allowCertificates } from './certificate.ts'
import { type ConnectionTarget, Unreachable } from './connection.ts'
import { type HostKeyPolicy, judgeHostKey, type KnownKeys, learnHostKey, readKnownKeys } from './host-key.ts'
import { createLogin, type Login } from './login.ts'
import { type HostConfig, readHostConfig } from './openssh-config.ts'
import { checkRevoked } from './revoked-keys.ts'
import { KeySkipped } from './signing-key.ts'
import { type OpenClient, openWay, type Way } from './way.ts'

export type { OpenClient } from './way.ts'

/** How a dead peer is detected: after (count + 1) x interval ms without an answer. */
export interface Keepalive {
  interval: number
  count: number
}

/** 35 s: a busy emulated machine may be silent for 15 s. */
const defaultKeepalive: Keepalive = { interval: 5_000, count: 6 }
/** Default timeout of a connection attempt in ms. */
const connectLimit = 10_000
/** A longer chain is treated as a loop in the user's configuration. */
const maxHops = 8

/** Connects and logs in, through the jump hosts that the inventory or the user's ssh configuration names. @throws Unreachable */
export const openClient = async (target: ConnectionTarget, keepalive = defaultKeepalive, depth = 0): Promise<OpenClient> => {
  if (depth > maxHops) throw new Unreachable(target.name, `${target.name}: more than ${maxHops} jump hosts: does ProxyJump form a loop?`)
  const config = await readHostConfig(target)
  const limit = target.connectTimeout ?? config.connectTimeout ?? connectLimit
  const legacy = target.legacyAlgorithms ?? false
  const [login, way] = await Promise.all([
    collectAttempts(config, { named: namedKeys(target, config), password: target.password, legacy }),
    openWay(target, config, limit, hop => openClient(hop, keepalive, depth + 1)),
  ])
  try {
    const policy = hostKeyPolicy(target, config, legacy)
    const known = await readKnownKeys(policy, addressToCheck(config, way))
    const options = { socket: way.socket, limit, keepalive, policy, known, login, legacy, said: way.said }
    return { client: await handshake(target.name, config, options), config, hops: way.hops }
  } catch (error) {
    way.socket.destroy()
    for (const hop of way.hops) hop.end()
    throw error
  }
}

/** The keys that the inventory or the command line names: they come first among the identity files, or last for a jump host. */
const namedKeys = ({ identityFiles = [], moreIdentityFiles = [] }: ConnectionTarget, config: HostConfig): string[] => [
  ...config.identityFiles.slice(0, identityFiles.length),
  ...(moreIdentityFiles.length > 0 ? config.identityFiles.slice(-moreIdentityFiles.length) : []),
]

const hostKeyPolicy = (target: ConnectionTarget, config: HostConfig, legacy: boolean): HostKeyPolicy => ({
  host: target.name,
  address: config.address,
  port: config.port,
  alias: config.hostKeyAlias,
  userFiles: config.userKnownHostsFiles,
  globalFiles: config.globalKnownHostsFiles,
  revokedFiles: config.revokedHostKeys,
  learn: config.learnHostKeys,
  hashNames: config.hashKnownHosts,
  keyTypes: allowedTypes(config.algorithms, legacy),
  rsaSize: config.rsaSize,
})

/** CheckHostIP: as in ssh, not for loopback addresses, and not if the target is an address instead of a name. */
const addressToCheck = (config: HostConfig, { ip }: Way): string | undefined => {
  if (!config.checkHostIp || ip === undefined || ip === config.address) return undefined
  return ip === '::1' || (isIPv4(ip) && ip.startsWith('127.')) ? undefined : ip
}

interface Handshake {
  socket: Duplex
  limit: number
  keepalive: Keepalive
  policy: HostKeyPolicy
  known: KnownKeys
  login: Attempts
  /** The variables of this host allow legacy algorithms. */
  legacy: boolean
  said: Way['said']
}

const handshake = (host: string, config: HostConfig, options: Handshake): Promise<Client> =>
  new Promise((resolve, reject) => {
    const { socket, limit, keepalive, policy, known, login, legacy } = options
    const client = new ssh2.Client()
    const authentication = createLogin(config.user, login.attempts)
    let refused: Error | undefined
    const fail = (error: Error) => {
      const failure = { host, config, error, login: authentication, notes: login.notes, said: options.said?.() ?? '' }
      reject(refused ?? nothingInCommon(host, error, legacy) ?? connectFailure(failure))
    }
    client.once('ready', () => resolve(client))
    client.on('error', (error: Error & { level?: string }) => {
      // ssh2 continues with the next key.
      if (error instanceof KeySkipped) login.notes.push(`a key is not tried: ${error.message}`)
      else if (error.level === 'agent') login.notes.push(`the agent did not sign with a key: ${error.message}`)
      else fail(error)
    })
    client.once('close', () => fail(new Error('the connection was closed')))
    if (socket.destroyed) return fail(new Error('the connection was closed at once'))
    client.connect({
      sock: socket as never,
      username: config.user,
      readyTimeout: limit,
      keepaliveInterval: keepalive.interval,
      keepaliveCountMax: keepalive.count,
      algorithms: algorithmsFor(host, config.algorithms, known, legacy),
      authHandler: authentication.handler,
      hostVerifier: (key: Buffer, verify: (accepted: boolean) => void) => {
        verifyHostKey(policy, known, key).then(
          () => verify(true),
          error => {
            refused = error
            verify(false)
          },
        )
      },
    })
    allowCertificates(client)
  })

const verifyHostKey = async (policy: HostKeyPolicy, known: KnownKeys, key: Buffer): Promise<void> => {
  await checkRevoked(policy, key)
  const verdict = judgeHostKey(policy, known, key)
  if (!verdict.accepted) throw verdict.error
  if (verdict.learn) await learnHostKey(policy, key)
}

interface Failure {
  host: string
  config: HostConfig
  error: Error
  login: Login
  notes: string[]
  /** stderr of a ProxyCommand. */
  said: string
}

const connectFailure = ({ host, config, error, login, notes, said }: Failure): Unreachable => {
  const where = `${config.user}@${config.address}, port ${config.port}`
  if ((error as { level?: string }).level !== 'client-authentication') {
    const proxy =
      config.proxyCommand === undefined ? '' : `, through \`${config.proxyCommand}\`${said === '' ? '' : `, which printed: ${said}`}`
    return new Unreachable(
      host,
      `${host}: no ssh connection to ${where}: ${error.message}${proxy}`,
      `Try: ssh -p ${config.port} ${config.address} true`,
      error,
    )
  }
  const tried = login.tried.length > 0 ? `tried ${login.tried.join(', ')}` : 'there was no key and no password to try'
  const offered = login.offered ? `; the server accepts ${login.offered.join(', ')}` : ''
  const extra = notes.length > 0 ? ` (${notes.join('; ')})` : ''
  const hint = `Try: ssh -p ${config.port} ${config.user}@${config.address} true; or name a key (--private-key, ansible_ssh_private_key_file).`
  return new Unreachable(host, `${host}: ${where} refused the login: ${tried}${offered}${extra}`, hint, error)
}
