import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { promisify } from 'node:util'
import type { AlgorithmLists } from './algorithms.ts'
import { type ConnectionTarget, Unreachable } from './connection.ts'
import { quote } from './quote.ts'
import { answerFor, type Said } from './ssh-answers.ts'
import { refuseOptions } from './ssh-options.ts'
import { splitPaths } from './ssh-words.ts'

/** How to reach one host: the user's OpenSSH configuration, overridden by the inventory. */
export interface HostConfig {
  address: string
  port: number
  user: string
  /** In the order to try; the files need not exist. */
  identityFiles: string[]
  /** CertificateFile. */
  certificateFiles: string[]
  identitiesOnly: boolean
  /** Path of the agent's socket. */
  agent: string | undefined
  userKnownHostsFiles: string[]
  globalKnownHostsFiles: string[]
  revokedHostKeys: string[]
  /** The name in known_hosts instead of the address. */
  hostKeyAlias: string | undefined
  hashKnownHosts: boolean
  learnHostKeys: boolean
  checkHostIp: boolean
  proxyJump: string | undefined
  proxyCommand: string | undefined
  /** AddressFamily; 0 is any. */
  family: 0 | 4 | 6
  bindAddress: string | undefined
  /** ms */
  connectTimeout: number | undefined
  algorithms: AlgorithmLists
  /** PubkeyAcceptedAlgorithms; undefined where ssh is not installed. */
  acceptedKeys: readonly string[] | undefined
  /** Minimum bits of RSA keys, for host keys and login keys. */
  rsaSize: number
  /** The allowed login methods, preferred ones first. */
  methods: readonly Method[]
}

export type Method = 'publickey' | 'keyboard-interactive' | 'password'

/** Parses the output of `ssh -G`, lines of a keyword and its value. Keywords are converted to lower case. */
export const parseSshG = (output: string): Map<string, string[]> => {
  const options = new Map<string, string[]>()
  for (const line of output.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line.replace(/\r$/, '')) ?? []
    if (keyword === undefined || value === undefined) continue
    const name = keyword.toLowerCase()
    options.set(name, [...(options.get(name) ?? []), value])
  }
  return options
}

/** The arguments of `ssh -G` for a target. Inventory values are passed as options, so that `Match user` sees them. */
export const sshGArguments = (target: ConnectionTarget): string[] => {
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : ['-o', `${name}=${value}`])
  return [
    '-G',
    ...(target.sshConfigFile === undefined ? [] : ['-F', target.sshConfigFile]),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    ...(target.user === undefined ? [] : ['-l', target.user]),
    ...option('ProxyJump', target.proxyJump),
    ...(target.identityFiles ?? []).flatMap(file => option('IdentityFile', inQuotes(file))),
    ...(target.sshOptions ?? []).flatMap(({ name, value }) => option(name, value)),
    '--',
    target.address,
  ]
}

/** A file name quoted as one word of ssh_config. */
const inQuotes = (file: string) => `"${file.replace(/["\\]/g, '\\$&')}"`

/** Reads the user's configuration of a host with `ssh -G`; OpenSSH's defaults if there is neither. @throws Unreachable */
export const readHostConfig = async (target: ConnectionTarget): Promise<HostConfig> => {
  const options = await askSsh(target)
  await refuseOptions(target, options, () =>
    askSsh({ name: target.name, kind: 'ssh', address: target.address, sshConfigFile: '/dev/null' }),
  )
  return resolveHostConfig(target, options)
}

const askSsh = async (target: ConnectionTarget): Promise<Map<string, string[]>> => {
  const words = sshGArguments(target)
  try {
    // In verbose mode it names the files that it reads.
    return await answerFor(target, words.slice(0, -1), () => runSsh(['-v', ...words]))
  } catch {
    return askPlainly(target, words)
  }
}

const runSsh = async (words: string[]): Promise<Said> => {
  const { stdout, stderr } = await promisify(execFile)('ssh', words, { timeout: 10_000, maxBuffer: 16 * 1024 * 1024 })
  return { options: parseSshG(stdout), stderr }
}

/** The same without -v, so that stderr contains only the reason of a failure. */
const askPlainly = async (target: ConnectionTarget, words: string[]): Promise<Map<string, string[]>> => {
  try {
    return (await runSsh(words)).options
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') return withoutSsh(target)
    const message = `${target.name}: ssh cannot read its configuration: ${stderr?.trim() || (error as Error).message}`
    throw new Unreachable(target.name, message, configHint(target), error)
  }
}

/** What to do about a configuration that ssh cannot read. */
const configHint = ({ address, sshConfigFile }: ConnectionTarget): string => {
  if (sshConfigFile === undefined) return `Try: ssh -G -- ${quote(address)}`
  if (existsSync(sshConfigFile)) return `Try: ssh -G -F ${quote(sshConfigFile)} -- ${quote(address)}`
  return 'The inventory sets it with -F (ansible_ssh_common_args). For a lab it is written by: nfsha-play lab up'
}

/** Without ssh a configuration cannot be evaluated and might contain any restriction, so it is an error. */
const withoutSsh = ({ name, sshConfigFile, sshOptions = [] }: ConnectionTarget): Map<string, string[]> => {
  const files = sshConfigFile === undefined ? [`${homedir()}/.ssh/config`, '/etc/ssh/ssh_config'] : [sshConfigFile]
  const unread = files.find(file => file !== '/dev/null' && existsSync(file)) ?? (sshOptions[0] && `ssh option ${sshOptions[0].name}`)
  if (unread === undefined) return new Map()
  const hint = 'Install the ssh client: apt install openssh-client, or yum install openssh-clients.'
  throw new Unreachable(name, `${name}: the ssh client, which reads the ${unread}, is not installed`, hint)
}

/** Pure: OpenSSH's defaults, overridden by ssh's answer, overridden by the inventory. @throws Unreachable for an unresolvable value */
export const resolveHostConfig = (target: ConnectionTarget, options: Map<string, string[]>): HostConfig => {
  const one = (keyword: string) => {
    const value = options.get(keyword)?.[0]
    return value === undefined || value.toLowerCase() === 'none' ? undefined : value
  }
  const address = one('hostname') ?? target.address
  const port = target.port ?? Number(one('port') ?? 22)
  const user = target.user ?? one('user') ?? userInfo().username
  const tokens = { original: target.address, address, port, user, alias: one('hostkeyalias') }
  const tilde = (path: string) => expandHome(target.name, path)
  const expand = (path: string) => expandTokens(target.name, tilde(path), tokens)
  const paths = (keyword: string) => splitPaths(target.name, keyword, one(keyword) ?? '')
  const list = (keyword: string) => one(keyword)?.split(',')
  return {
    address,
    port,
    user,
    identityFiles: [...(options.get('identityfile') ?? target.identityFiles ?? defaultIdentities), ...(target.moreIdentityFiles ?? [])]
      .filter(file => file.toLowerCase() !== 'none')
      .map(expand),
    certificateFiles: (options.get('certificatefile') ?? []).filter(file => file.toLowerCase() !== 'none').map(expand),
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentSocket(one('identityagent') === undefined && options.has('identityagent') ? 'none' : one('identityagent')),
    // ssh has already expanded the user's files; in the system's it expands only the tilde.
    userKnownHostsFiles:
      target.knownHostsFiles?.map(expand) ??
      (options.has('userknownhostsfile') ? paths('userknownhostsfile') : [expand('~/.ssh/known_hosts')]),
    globalKnownHostsFiles: (
      target.globalKnownHostsFiles ?? (options.has('globalknownhostsfile') ? paths('globalknownhostsfile') : ['/etc/ssh/ssh_known_hosts'])
    ).map(tilde),
    revokedHostKeys: paths('revokedhostkeys'),
    hostKeyAlias: tokens.alias,
    hashKnownHosts: one('hashknownhosts') === 'yes',
    learnHostKeys: target.acceptNewHostKeys || ['accept-new', 'no', 'off', 'false'].includes(one('stricthostkeychecking') ?? ''),
    checkHostIp: one('checkhostip') === 'yes',
    proxyJump: target.proxyJump?.toLowerCase() === 'none' ? undefined : (target.proxyJump ?? one('proxyjump')),
    proxyCommand: target.proxyJump === undefined ? proxyCommandOf(target.name, one('proxycommand'), tokens) : undefined,
    family: families.get(one('addressfamily') ?? 'any') ?? 0,
    bindAddress: one('bindaddress'),
    connectTimeout: one('connecttimeout') === undefined ? undefined : Number(one('connecttimeout')) * 1000,
    algorithms: {
      HostKeyAlgorithms: list('hostkeyalgorithms'),
      KexAlgorithms: list('kexalgorithms'),
      Ciphers: list('ciphers'),
      MACs: list('macs'),
    },
    acceptedKeys: list('pubkeyacceptedalgorithms'),
    rsaSize: Number(one('requiredrsasize') ?? 1024),
    methods: methodsOf(one),
  }
}

const defaultIdentities = ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519']
const families = new Map<string, 4 | 6>([
  ['inet', 4],
  ['inet6', 6],
])
const methods: readonly Method[] = ['publickey', 'keyboard-interactive', 'password']

/** ssh prints `no` as `no` or `false`; for public keys it prints `yes` also as `true`, `unbound` or `host-bound`. */
const methodsOf = (one: (keyword: string) => string | undefined): readonly Method[] => {
  const isOff = (keyword: string) => ['no', 'false'].includes(one(keyword) ?? '')
  const asks = one('batchmode') !== 'yes' && one('numberofpasswordprompts') !== '0'
  const allowed: Record<Method, boolean> = {
    publickey: !isOff('pubkeyauthentication'),
    'keyboard-interactive': asks && !isOff('kbdinteractiveauthentication'),
    password: asks && !isOff('passwordauthentication'),
  }
  const preferred =
    one('preferredauthentications')
      ?.split(',')
      .map(name => name.trim()) ?? methods
  return preferred.filter((name): name is Method => methods.includes(name as Method)).filter(name => allowed[name])
}

/** ssh has already expanded tokens and tilde; it prints `$NAME` as it is. */
const agentSocket = (value: string | undefined): string | undefined => {
  if (value === 'none') return undefined
  if (value === undefined || value === 'SSH_AUTH_SOCK') return process.env.SSH_AUTH_SOCK || undefined
  return value.startsWith('$') ? process.env[value.slice(1)] : value
}

interface Tokens {
  original: string
  address: string
  port: number
  user: string
  /** HostKeyAlias. */
  alias?: string | undefined
}

/** What ssh rejects in a host name, because it becomes part of a command (valid_hostname in its ssh.c). */
const unsafeInCommand = /['`"$\\;&<>|(){}\s]|^-/

/** Expands only tokens: the rest, including variables, is left to the shell. */
const proxyCommandOf = (host: string, command: string | undefined, tokens: Tokens): string | undefined => {
  if (command === undefined) return undefined
  const unsafe = [tokens.address, tokens.original, tokens.user].find(value => unsafeInCommand.test(value))
  if (unsafe !== undefined) throw new Unreachable(host, `${host}: '${unsafe}' cannot be part of a ProxyCommand`, 'Use ProxyJump.')
  return replaceTokens(host, command, tokens)
}

/** Expands `~/` like ssh. @throws Unreachable for `~user`, whose home directory is not known here */
const expandHome = (host: string, path: string): string => {
  if (/^~[^/]/.test(path)) throw new Unreachable(host, `${host}: ${path} in the ssh configuration: write out the home directory`)
  return path.replace(/^~(?=\/|$)/, homedir())
}

/** Expands `%` tokens and `${VARIABLES}` (ssh_config(5), TOKENS): ssh -G leaves them in most file names. @throws Unreachable */
export const expandTokens = (host: string, text: string, tokens: Tokens): string =>
  replaceTokens(host, text, tokens).replace(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = process.env[name]
    if (value === undefined) throw new Unreachable(host, `${host}: ${text} in the ssh configuration: the variable ${whole} is not set`)
    return value
  })

const replaceTokens = (host: string, text: string, { original, address, port, user, alias }: Tokens): string => {
  const values: Record<string, string> = {
    '%': '%',
    d: homedir(),
    h: address,
    n: original,
    p: String(port),
    r: user,
    u: userInfo().username,
    i: String(userInfo().uid),
    l: hostname(),
    L: hostname().split('.')[0] ?? '',
    k: alias ?? original,
  }
  return text.replace(/%(.?)/gs, (whole, letter: string) => {
    const value = values[letter]
    if (value === undefined) throw new Unreachable(host, `${host}: ${text} in the ssh configuration: ${whole} cannot be expanded`)
    return value
  })
}
