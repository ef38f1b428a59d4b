import { spawn } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP } from 'node:net'
import { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import { type ConnectionTarget, Unreachable } from './connection.ts'
import type { HostConfig } from './openssh-config.ts'
import { parseJumps } from './proxy-jump.ts'

/** An authenticated connection, and the jump hosts that it goes through. */
export interface OpenClient {
  client: Client
  config: HostConfig
  /** Closed after the connection, nearest to the host first. */
  hops: Client[]
}

/** The stream that carries the ssh connection to a host. */
export interface Way {
  socket: Duplex
  hops: Client[]
  /** The connected address, for a direct connection. */
  ip?: string | undefined
  /** stderr of a ProxyCommand. */
  said?: () => string
}

type OpenHop = (hop: ConnectionTarget) => Promise<OpenClient>

/** Opens the stream that the inventory or the user's ssh configuration selects: direct, jump host or proxy. @throws Unreachable */
export const openWay = async (target: ConnectionTarget, config: HostConfig, limit: number, openHop: OpenHop): Promise<Way> => {
  const way = await chooseWay(target, config, limit, openHop)
  // It may fail before the handshake adds its listeners; the handshake then finds it closed.
  way.socket.on('error', () => {})
  return way
}

const chooseWay = async (target: ConnectionTarget, config: HostConfig, limit: number, openHop: OpenHop): Promise<Way> => {
  if (target.via !== undefined) return detour(target, target.via, config, openHop)
  if (config.proxyJump !== undefined) return jump(target, config, openHop)
  if (config.proxyCommand !== undefined) return proxyCommand(config.proxyCommand)
  return openTcp(target.name, config, limit)
}

const unresolved = (host: string, name: string, error: NodeJS.ErrnoException): Unreachable => {
  const why = error.code === 'EAI_AGAIN' ? ' at the moment: no name server answers' : ''
  const hint = `Is it spelled right? Try: getent hosts ${name}; or give the address with ansible_host.`
  return new Unreachable(host, `${host}: the name ${name} does not resolve${why}`, hint, error)
}

const openTcp = async (host: string, config: HostConfig, limit: number): Promise<Way> => {
  const { address, port, family } = config
  if (family !== 0 && isIP(address) !== 0 && isIP(address) !== family) {
    const message = `${host}: ${address} is not an IPv${family} address, and AddressFamily in the ssh configuration allows no other`
    throw new Unreachable(host, message, `See: ssh -G ${address} | grep -i addressfamily`)
  }
  const localAddress = await localAddressOf(host, config)
  return new Promise((resolve, reject) => {
    // noDelay: 2-3 ms an exec instead of 44.
    const socket = connectTcp({ host: address, port, noDelay: true, family, ...(localAddress !== undefined && { localAddress }) })
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy()
      const hint = `Is the machine up, and does sshd listen there? Try: ssh -p ${port} ${address} true`
      reject(new Unreachable(host, `${host}: cannot connect to ${address}, port ${port}: ${reason}`, hint, cause))
    }
    const timer = setTimeout(() => fail(`no answer within ${limit / 1000} s`), limit)
    const onError = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      if (error.syscall === 'getaddrinfo') reject(unresolved(host, address, error))
      else fail(error.message || error.code || 'failed', error)
    }
    socket.once('error', onError)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', onError)
      resolve({ socket, hops: [], ip: socket.remoteAddress })
    })
  })
}

const localAddressOf = async (host: string, { bindAddress, family }: HostConfig): Promise<string | undefined> => {
  if (bindAddress === undefined || isIP(bindAddress) !== 0) return bindAddress
  try {
    return (await lookup(bindAddress, { family })).address
  } catch (error) {
    throw new Unreachable(host, `${host}: BindAddress ${bindAddress} does not resolve: ${(error as Error).message}`, undefined, error)
  }
}

/** The last hop of the list is next to the host; the others lead to it. */
const jump = async (target: ConnectionTarget, config: HostConfig, openHop: OpenHop): Promise<Way> => {
  const hops = parseJumps(target.name, config.proxyJump ?? '')
  const last = hops.pop()
  if (!last) throw new Unreachable(target.name, `${target.name}: ProxyJump names no host`)
  const before = hops.length > 0 ? { proxyJump: hops.map(hop => hop.text).join(',') } : {}
  const open = await openHop({ ...sharedWithHops(target), ...before, ...last.target })
  const socket = await forward(target.name, open, config)
  return { socket, hops: [open.client, ...open.hops] }
}

/** As with ssh, options for the host do not apply to a jump host, which has its own configuration. Named keys are tried there too. */
const sharedWithHops = (target: ConnectionTarget): Omit<ConnectionTarget, 'address'> => {
  const { name, kind, sshConfigFile, acceptNewHostKeys, connectTimeout } = target
  const keys = [...(target.identityFiles ?? []), ...(target.moreIdentityFiles ?? [])]
  return {
    name,
    kind,
    ...(sshConfigFile !== undefined && { sshConfigFile }),
    ...(acceptNewHostKeys !== undefined && { acceptNewHostKeys }),
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(keys.length > 0 && { moreIdentityFiles: keys }),
  }
}

/** Connects through a host that can still reach the target, to another of its addresses. */
const detour = async (
  target: ConnectionTarget,
  via: NonNullable<ConnectionTarget['via']>,
  config: HostConfig,
  openHop: OpenHop,
): Promise<Way> => {
  const open = await openHop(via.jump)
  const socket = await forward(target.name, open, { ...config, address: via.address })
  return { socket, hops: [open.client, ...open.hops] }
}

const forward = (host: string, { client, config: hop }: OpenClient, { address, port }: HostConfig): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      if (!error) return resolve(channel)
      const hint = `Can the jump host reach it, and does its sshd allow it (AllowTcpForwarding)? Try there: ssh -p ${port} ${address} true`
      const message = `${host}: the jump host ${hop.address} cannot connect to ${address}, port ${port}: ${error.message}`
      reject(new Unreachable(host, message, hint, error))
    })
  })

/** How many characters of a ProxyCommand's stderr are kept for a message. */
const saidLimit = 2_000

/** In its own session: an ssh inside it must not find a terminal to prompt for a password. */
const proxyCommand = (command: string): Way => {
  const env = { ...process.env, SSH_ASKPASS_REQUIRE: 'never' }
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env })
  const socket = Duplex.from({ readable: child.stdout, writable: child.stdin })
  let said = ''
  child.stderr.on('data', chunk => {
    said = `${said}${chunk}`.slice(-saidLimit)
  })
  socket.once('close', () => child.kill())
  child.once('error', error => socket.destroy(error))
  return { socket, hops: [], said: () => said.trim() }
}
