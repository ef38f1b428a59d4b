import { execFile } from 'node:child_process'
import { homedir, hostname, userInfo } from 'node:os'
import { promisify } from 'node:util'
import { type ConnectionTarget, Unreachable } from './connection.ts'

/** How to reach one host: the user's OpenSSH configuration with the inventory's values over it. */
export interface HostConfig {
  address: string
  port: number
  user: string
  /** In the order to try; files that need not exist. */
  identityFiles: string[]
  identitiesOnly: boolean
  /** Path of the agent's socket. */
  agent: string | undefined
  knownHostsFiles: string[]
  /** Name in known_hosts instead of the address. */
  hostKeyAlias: string | undefined
  hashKnownHosts: boolean
  learnHostKeys: boolean
  proxyJump: string | undefined
  proxyCommand: string | undefined
}

/** `ssh -G` printed as lines of a keyword in small letters and its value. */
export function parseSshG(output: string): Map<string, string[]> {
  const options = new Map<string, string[]>()
  for (const line of output.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line.trimEnd()) ?? []
    if (keyword === undefined || value === undefined) continue
    options.set(keyword, [...(options.get(keyword) ?? []), value])
  }
  return options
}

/** The arguments that make ssh answer for this target: what the inventory says is an option, so that `Match user` sees it. */
export function sshGArguments(target: ConnectionTarget): string[] {
  const port = target.port === undefined ? [] : ['-p', String(target.port)]
  const user = target.user === undefined ? [] : ['-l', target.user]
  const jump = target.proxyJump === undefined ? [] : ['-o', `ProxyJump=${target.proxyJump}`]
  return ['-G', ...port, ...user, ...jump, '--', target.address]
}

/** Asks OpenSSH for the user's configuration of a host; where there is no ssh, its defaults hold. @throws Unreachable */
export async function readHostConfig(target: ConnectionTarget): Promise<HostConfig> {
  return resolveHostConfig(target, await askSsh(target))
}

async function askSsh(target: ConnectionTarget): Promise<Map<string, string[]>> {
  try {
    const { stdout } = await promisify(execFile)('ssh', sshGArguments(target), { timeout: 10_000 })
    return parseSshG(stdout)
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') return new Map()
    const message = `${target.name}: ssh cannot read its configuration: ${stderr?.trim() || (error as Error).message}`
    throw new Unreachable(target.name, message, `Try: ssh -G -- ${target.address}`, error)
  }
}

/** Pure: the inventory's values over ssh's answer over OpenSSH's defaults. */
export function resolveHostConfig(target: ConnectionTarget, options: Map<string, string[]>): HostConfig {
  const one = (keyword: string) => {
    const value = options.get(keyword)?.[0]
    return value === undefined || value === 'none' ? undefined : value
  }
  const address = one('hostname') ?? target.address
  const port = target.port ?? Number(one('port') ?? 22)
  const user = target.user ?? one('user') ?? userInfo().username
  const expand = (path: string) => expandTokens(path, { original: target.address, address, port, user })
  const words = (keyword: string) => (options.get(keyword) ?? []).flatMap(splitWords).map(expand)
  const strict = one('stricthostkeychecking')
  return {
    address,
    port,
    user,
    identityFiles: [...(target.identityFiles ?? []), ...(options.get('identityfile') ?? DEFAULT_IDENTITIES)]
      .filter(file => file !== 'none')
      .map(expand),
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentSocket(options.get('identityagent')?.[0], expand),
    knownHostsFiles: [
      ...(target.knownHostsFiles ?? []).map(expand),
      ...(options.has('userknownhostsfile') ? words('userknownhostsfile').filter(file => file !== 'none') : [expand('~/.ssh/known_hosts')]),
      ...(options.has('globalknownhostsfile') ? words('globalknownhostsfile') : ['/etc/ssh/ssh_known_hosts']),
    ],
    hostKeyAlias: one('hostkeyalias'),
    hashKnownHosts: one('hashknownhosts') === 'yes',
    learnHostKeys: target.acceptNewHostKeys ?? ['accept-new', 'no', 'off', 'false'].includes(strict ?? ''),
    proxyJump: target.proxyJump ?? one('proxyjump'),
    proxyCommand: target.proxyJump === undefined ? expandCommand(one('proxycommand'), expand) : undefined,
  }
}

const DEFAULT_IDENTITIES = ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519']

/** Words as ssh_config(5) separates them: blanks, double quotes around a name with blanks. */
function splitWords(value: string): string[] {
  return [...value.matchAll(/"([^"]*)"|(\S+)/g)].map(word => word[1] ?? word[2] ?? '')
}

function agentSocket(value: string | undefined, expand: (path: string) => string): string | undefined {
  if (value === 'none') return undefined
  if (value === undefined || value === 'SSH_AUTH_SOCK') return process.env.SSH_AUTH_SOCK || undefined
  return value.startsWith('$') && !value.startsWith('${') ? process.env[value.slice(1)] : expand(value)
}

function expandCommand(command: string | undefined, expand: (text: string) => string): string | undefined {
  return command === undefined ? undefined : expand(command)
}

interface Tokens {
  original: string
  address: string
  port: number
  user: string
}

/** `~`, `%` tokens and `${VARIABLES}` as ssh_config(5), TOKENS, has them: ssh -G leaves them in file names. */
export function expandTokens(text: string, { original, address, port, user }: Tokens): string {
  const tokens: Record<string, string> = {
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
    k: original,
  }
  return text
    .replace(/^~(?=\/|$)/, homedir())
    .replace(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => process.env[name] ?? whole)
}
