import { spawn } from 'node:child_process'
import { connect as connectTcp } from 'node:net'
import { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import ssh2 from 'ssh2'
import { algorithmsFor, nothingInCommon } from './algorithms.ts'
import { type Attempts, collectAttempts, createLogin, type Login } from './authentication.ts'
import { type ConnectionTarget, Unreachable } from './connection.ts'
import { type HostKeyPolicy, judgeHostKey, learnHostKey, readKnownKeys } from './host-key.ts'
import { type HostConfig, readHostConfig } from './openssh-config.ts'
import { parseJumps } from './proxy-jump.ts'

/** An authenticated connection, and those it goes through. */
export interface OpenClient {
  client: Client
  config: HostConfig
  /** Closed after it, the nearest to the host first. */
  hops: Client[]
}

/** How a dead peer is noticed: after (count + 1) x interval ms without an answer. */
export interface Keepalive {
  interval: number
  count: number
}

/** 35 s: a busy emulated machine is silent for 15. */
const KEEPALIVE: Keepalive = { interval: 5_000, count: 6 }
/** Longer chains are a loop in the user's configuration. */
const MAX_HOPS = 8

/** Connects and logs in, through the hops that the inventory or the user's ssh configuration names. @throws Unreachable */
export async function openClient(target: ConnectionTarget, keepalive = KEEPALIVE, depth = 0): Promise<OpenClient> {
  if (depth > MAX_HOPS)
    throw new Unreachable(target.name, `${target.name}: more than ${MAX_HOPS} jump hosts: does ProxyJump run in a circle?`)
  const config = await readHostConfig(target)
  const limit = target.connectTimeout ?? 10_000
  const policy = hostKeyPolicy(target, config)
  const [known, login, way] = await Promise.all([
    readKnownKeys(policy),
    collectAttempts(config, target.identityFiles?.length ?? 0, target.password),
    openWay(target, config, limit, hop => openClient(hop, keepalive, depth + 1)),
  ])
  try {
    const client = await handshake(target.name, config, {
      socket: way.socket,
      limit,
      keepalive,
      policy,
      known,
      login,
      legacy: target.legacyAlgorithms ?? false,
    })
    return { client, config, hops: way.hops }
  } catch (error) {
    way.socket.destroy()
    for (const hop of way.hops) hop.end()
    throw error
  }
}

function hostKeyPolicy(target: ConnectionTarget, config: HostConfig): HostKeyPolicy {
  return {
    host: target.name,
    address: config.hostKeyAlias ?? config.address,
    // An alias stands in known_hosts without a port (ssh_config(5), HostKeyAlias).
    port: config.hostKeyAlias === undefined ? config.port : 22,
    files: config.knownHostsFiles,
    learn: config.learnHostKeys,
    hashNames: config.hashKnownHosts,
  }
}

interface Way {
  socket: Duplex
  hops: Client[]
}

type OpenHop = (hop: ConnectionTarget) => Promise<OpenClient>

async function openWay(target: ConnectionTarget, config: HostConfig, limit: number, openHop: OpenHop): Promise<Way> {
  if (target.via !== undefined) return detour(target, target.via, config, openHop)
  if (config.proxyJump !== undefined) return jump(target, config, openHop)
  if (config.proxyCommand !== undefined) return { socket: proxyCommand(config.proxyCommand), hops: [] }
  return { socket: await openTcp(target.name, config, limit), hops: [] }
}

function openTcp(host: string, { address, port }: HostConfig, limit: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    // noDelay: 2-3 ms an exec instead of 44.
    const socket = connectTcp({ host: address, port, noDelay: true })
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy()
      const hint = `Is the machine up, and does sshd listen there? Try: ssh -p ${port} ${address} true`
      reject(new Unreachable(host, `${host}: cannot connect to ${address}, port ${port}: ${reason}`, hint, cause))
    }
    const timer = setTimeout(() => fail(`no answer within ${limit / 1000} s`), limit)
    const onError = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      fail(error.message || error.code || 'failed', error)
    }
    socket.once('error', onError)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', onError)
      resolve(socket)
    })
  })
}

/** The last hop of the list is the one next to the host; the others are the way to it. */
async function jump(target: ConnectionTarget, config: HostConfig, openHop: OpenHop): Promise<Way> {
  const hops = parseJumps(target.name, config.proxyJump ?? '')
  const last = hops.pop()
  if (!last) throw new Unreachable(target.name, `${target.name}: ProxyJump names no host`)
  // What holds for this host alone is nothing for the hop.
  const { password: _, proxyJump: __, become: ___, user: ____, port: _____, legacyAlgorithms: ______, ...shared } = target
  const before = hops.length > 0 ? { proxyJump: hops.map(hop => hop.text).join(',') } : {}
  const open = await openHop({ ...shared, ...before, ...last.target })
  const socket = await forward(target.name, open, config)
  return { socket, hops: [open.client, ...open.hops] }
}

/** Through a host that still reaches it, to another of its addresses. */
async function detour(
  target: ConnectionTarget,
  via: NonNullable<ConnectionTarget['via']>,
  config: HostConfig,
  openHop: OpenHop,
): Promise<Way> {
  const open = await openHop(via.jump)
  const socket = await forward(target.name, open, { ...config, address: via.address })
  return { socket, hops: [open.client, ...open.hops] }
}

function forward(host: string, { client, config: hop }: OpenClient, { address, port }: HostConfig): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      if (!error) return resolve(channel)
      const hint = `Can the jump host reach it, and does its sshd have AllowTcpForwarding? Try there: ssh -p ${port} ${address} true`
      const message = `${host}: the jump host ${hop.address} cannot connect to ${address}, port ${port}: ${error.message}`
      reject(new Unreachable(host, message, hint, error))
    })
  })
}

function proxyCommand(command: string): Duplex {
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['pipe', 'pipe', 'ignore'] })
  const socket = Duplex.from({ readable: child.stdout, writable: child.stdin })
  socket.once('close', () => child.kill())
  child.once('error', error => socket.destroy(error))
  return socket
}

interface Handshake {
  socket: Duplex
  limit: number
  keepalive: Keepalive
  policy: HostKeyPolicy
  known: Awaited<ReturnType<typeof readKnownKeys>>
  login: Attempts
  /** The variable of this host allows old algorithms. */
  legacy: boolean
}

function handshake(host: string, config: HostConfig, options: Handshake): Promise<Client> {
  return new Promise((resolve, reject) => {
    const { socket, limit, keepalive, policy, known, login, legacy } = options
    const client = new ssh2.Client()
    const authentication = createLogin(config.user, login.attempts)
    let refused: Error | undefined
    const fail = (error: Error) =>
      reject(refused ?? nothingInCommon(host, error, legacy) ?? connectFailure(host, config, error, authentication, login.notes))
    client.once('ready', () => resolve(client))
    client.on('error', fail)
    client.once('close', () => fail(new Error('the connection was closed')))
    client.connect({
      sock: socket as never,
      username: config.user,
      readyTimeout: limit,
      keepaliveInterval: keepalive.interval,
      keepaliveCountMax: keepalive.count,
      algorithms: algorithmsFor(known, legacy),
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
  })
}

async function verifyHostKey(policy: HostKeyPolicy, known: Handshake['known'], key: Buffer): Promise<void> {
  const verdict = judgeHostKey(policy, known, key)
  if (!verdict.accepted) throw verdict.error
  if (verdict.learn) await learnHostKey(policy, key)
}

function connectFailure(host: string, config: HostConfig, error: Error, login: Login, notes: string[]): Unreachable {
  const where = `${config.user}@${config.address}, port ${config.port}`
  if ((error as { level?: string }).level !== 'client-authentication') {
    return new Unreachable(
      host,
      `${host}: no ssh connection to ${where}: ${error.message}`,
      `Try: ssh -p ${config.port} ${config.address} true`,
      error,
    )
  }
  const tried = login.tried.length > 0 ? `tried ${login.tried.join(', ')}` : 'there was no key and no password to try'
  const offered = login.offered ? `; the server accepts ${login.offered.join(', ')}` : ''
  const extra = notes.length > 0 ? ` (${notes.join('; ')})` : ''
  const hint = `Try: ssh -p ${config.port} ${config.user}@${config.address} true; or name a key (--private-key, ansible_ssh_private_key_file).`
  return new Unreachable(host, `${host}: ${where} refused to log in: ${tried}${offered}${extra}`, hint, error)
}
