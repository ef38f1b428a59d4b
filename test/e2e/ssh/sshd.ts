import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionTarget } from '../../../lib/ssh/connection.ts'

/** A real sshd on loopback with its own host keys, one client key and a matching known_hosts file. */
export interface Sshd {
  port: number
  directory: string
  pid: number
  identity: string
  knownHosts: string
  hostKey(type: 'ed25519' | 'rsa'): string
  target(more?: Partial<ConnectionTarget>): ConnectionTarget
  /** Process IDs of the daemon's session processes: one (two with privilege separation) for each connection. */
  sessions(): number[]
  stop(): Promise<void>
}

export const isRoot = process.getuid?.() === 0
const sshdPath = '/usr/sbin/sshd'

/** Installs what the tests need, if they are allowed to. @returns why they cannot run; undefined if they can. */
export const whyNoSshd = (): string | undefined => {
  if (existsSync(sshdPath) && existsSync('/usr/bin/sudo')) return undefined
  if (!isRoot) return 'there is no /usr/sbin/sshd, and only root can install it'
  install()
  return existsSync(sshdPath) ? undefined : 'openssh-server could not be installed'
}

const install = (): void => {
  // Installs the daemon without starting it, as Debian provides for: the test starts its own.
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'openssh-server', 'openssh-client', 'sudo'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: 'ignore',
    })
  } catch {
    // The caller checks whether it is installed.
  } finally {
    if (ours) rmSync(policy)
  }
}

const keygen = (file: string, type: string, passphrase = ''): string => {
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...(type === 'rsa' ? ['-b', '2048'] : []),
    '-N',
    passphrase,
    '-f',
    file,
    '-C',
    'nfsha-play test',
  ])
  return file
}

/** Creates another key pair in a directory. */
export const newKey = (directory: string, name: string, passphrase = '', type: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519'): string =>
  keygen(join(directory, name), type, passphrase)

/**
 * Starts an sshd.
 * @param config more lines of sshd_config
 * @param authority a key that certifies one of its host keys
 * @param around a command with which it is run, such as unshare(1)
 */
export const startSshd = async (config: string[] = [], authority?: string, around: string[] = []): Promise<Sshd> => {
  const directory = mkdtempSync(join(tmpdir(), 'nfsha-sshd-'))
  chmodSync(directory, 0o755)
  // sshd's chroot for the process before authentication.
  if (isRoot) mkdirSync('/run/sshd', { recursive: true })
  const hostKeys = { ed25519: keygen(join(directory, 'host_ed25519'), 'ed25519'), rsa: keygen(join(directory, 'host_rsa'), 'rsa') }
  const certificate = authority === undefined ? [] : [`HostCertificate ${certifyHost(hostKeys.ed25519, authority)}`]
  const identity = keygen(join(directory, 'id'), 'ed25519')
  const port = await freePort()
  const hostKey = (type: 'ed25519' | 'rsa') => readFileSync(`${hostKeys[type]}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
  writeFileSync(join(directory, 'authorized_keys'), readFileSync(`${identity}.pub`))
  const knownHosts = join(directory, 'known_hosts')
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey('ed25519')}\n`)
  const file = join(directory, 'sshd_config')
  writeFileSync(file, serverConfig(directory, port, Object.values(hostKeys), [...config, ...certificate]))
  const [command = sshdPath, ...words] = [...around, sshdPath, '-D', '-e', '-f', file]
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const log: string[] = []
  child.stderr.on('data', chunk => log.push(String(chunk)))
  await until(() => answers(port), `sshd on port ${port}`).catch(error => {
    throw new Error(`${error.message}: ${log.join('')}`)
  })
  return {
    port,
    directory,
    pid: child.pid ?? 0,
    identity,
    knownHosts,
    hostKey,
    target: more => ({
      name: 'M1',
      kind: 'ssh',
      address: '127.0.0.1',
      port,
      user: isRoot ? 'root' : (process.env.USER ?? ''),
      identityFiles: [identity],
      knownHostsFiles: [knownHosts],
      ...more,
    }),
    sessions: () => childrenOf(child.pid ?? 0),
    async stop() {
      const gone = new Promise(resolve => child.once('exit', resolve))
      const left = childrenOf(child.pid ?? 0)
      // unshare(1) ignores SIGTERM while its command runs.
      child.kill(around.length > 0 ? 'SIGKILL' : 'SIGTERM')
      await gone
      for (const pid of left) endProcess(pid)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const certifyHost = (key: string, authority: string): string => {
  execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'host', '-h', '-n', '127.0.0.1,localhost,alias,pinned', `${key}.pub`], {
    stdio: 'ignore',
  })
  return `${key}-cert.pub`
}

const serverConfig = (directory: string, port: number, hostKeys: string[], more: string[]): string =>
  [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeys.map(key => `HostKey ${key}`),
    // First, because sshd uses the first value of each keyword.
    ...more,
    `AuthorizedKeysFile ${directory}/authorized_keys`,
    `PidFile ${directory}/pid`,
    'StrictModes no',
    // Excludes the developer's .bashrc, which bash reads for every command of sshd.
    `SetEnv HOME=${directory}`,
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'MaxStartups 100:30:200',
    '',
  ].join('\n')

const endProcess = (pid: number): void => {
  try {
    process.kill(pid)
  } catch {
    // It ended by itself.
  }
}

const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** Waits for a condition. @param limit ms @throws Error naming what was waited for */
export const until = async (condition: () => boolean | Promise<boolean>, what: string, limit = 15_000): Promise<void> => {
  const end = Date.now() + limit
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${limit / 1000} s for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Whether a process exists and is not a zombie. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
