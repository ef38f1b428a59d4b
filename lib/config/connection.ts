import { homedir } from 'node:os'
import type { ConnectionTarget } from '../ssh/connection.ts'
import { ConfigError } from './error.ts'
import type { Inventory } from './model.ts'
import { type OuterVariables, variablesOf } from './precedence.ts'
import { combined, readSshArguments, type SshArguments } from './ssh-arguments.ts'
import { flag, number, refuseUnsupported, text, type VariableReader, variableReader } from './target-variables.ts'

/**
 * Connection settings from the command line and the play. As in Ansible these are defaults: a connection variable of the host overrides
 * them, and `-e ansible_user=...` overrides everything.
 */
export interface ConnectionOptions extends OuterVariables {
  /** `-u`, or the play's `remote_user`. */
  user?: string | undefined
  /** `--private-key` */
  privateKey?: string | undefined
  /** `-b`, or the play's `become`. */
  become?: boolean | undefined
  becomeUser?: string | undefined
  /** The password that the operator typed for `-K`. */
  becomePassword?: string | undefined
  /** `--accept-new-host-keys` */
  acceptNewHostKeys?: boolean | undefined
  /** Seconds. */
  timeout?: number | undefined
}

/** Where and as which user to connect to a host. Throws `ConfigError` for a connection variable that is not supported. */
export const connectionTarget = (inventory: Inventory, host: string, options: ConnectionOptions = {}): ConnectionTarget => {
  const read = variableReader(variablesOf(inventory, host, options), inventory.vault)
  refuseUnsupported(read)
  const become = becomeOf(read, options)
  const kind = kindOf(read)
  if (kind === 'local') return { name: host, kind, address: text(read, 'ansible_host') ?? host, ...(become && { become }) }
  return {
    name: host,
    kind,
    address: text(read, 'ansible_host', 'ansible_ssh_host') ?? host,
    ...(become && { become }),
    ...sshOf(read, options),
  }
}

const kinds: Record<string, 'ssh' | 'local'> = { ssh: 'ssh', smart: 'ssh', paramiko: 'ssh', paramiko_ssh: 'ssh', local: 'local' }

const kindOf = (read: VariableReader): 'ssh' | 'local' => {
  const name = text(read, 'ansible_connection') ?? 'ssh'
  const plain = name.replace(/^ansible\.(builtin|legacy)\./, '')
  const kind = Object.hasOwn(kinds, plain) ? kinds[plain] : undefined
  if (!kind)
    throw new ConfigError(`ansible_connection: '${name}' cannot be used`, read.place('ansible_connection'), 'supported: ssh and local')
  return kind
}

const sshOf = (read: VariableReader, options: ConnectionOptions): Partial<ConnectionTarget> => {
  const given = argumentsOf(read)
  const port = number(read, 'ansible_port', 'ansible_ssh_port') ?? given.port
  const user = text(read, 'ansible_user', 'ansible_ssh_user') ?? options.user ?? given.user
  const key = text(read, 'ansible_private_key_file', 'ansible_ssh_private_key_file')
  const identityFiles = [key ?? options.privateKey, ...(given.identityFiles ?? [])].filter(file => file !== undefined).map(expandHome)
  const password = text(read, 'ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password')
  const timeout = number(read, 'ansible_timeout', 'ansible_ssh_timeout') ?? options.timeout
  const connectTimeout = timeout === undefined ? given.connectTimeout : timeout * 1000
  const legacyAlgorithms = flag(read, 'nfsha_ssh_legacy')
  return {
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(identityFiles.length > 0 && { identityFiles }),
    ...(given.knownHostsFiles && { knownHostsFiles: given.knownHostsFiles.map(expandHome) }),
    ...(given.globalKnownHostsFiles && { globalKnownHostsFiles: given.globalKnownHostsFiles.map(expandHome) }),
    ...(given.options && { sshOptions: given.options }),
    ...(given.configFile !== undefined && { sshConfigFile: expandHome(given.configFile) }),
    ...(password !== undefined && { password }),
    ...(given.proxyJump !== undefined && { proxyJump: given.proxyJump }),
    ...(options.acceptNewHostKeys && { acceptNewHostKeys: true }),
    ...(legacyAlgorithms && { legacyAlgorithms }),
    ...(connectTimeout !== undefined && { connectTimeout }),
  }
}

/** In the order of Ansible's ssh command line: the first value of an option wins. */
const argumentsOf = (read: VariableReader): SshArguments => {
  const names = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args']
  const parsed = names.flatMap(name => {
    const [value, place] = [text(read, name), read.place(name)]
    return value === undefined || place === undefined ? [] : [readSshArguments(value, place)]
  })
  return parsed.reduce(combined, {})
}

const becomeOf = (read: VariableReader, options: ConnectionOptions): ConnectionTarget['become'] => {
  const method = text(read, 'ansible_become_method')
  if (method !== undefined && !/^(ansible\.(builtin|legacy)\.)?sudo$/.test(method))
    throw new ConfigError(`ansible_become_method: '${method}' cannot be used`, read.place('ansible_become_method'), 'supported: sudo')
  if (!(flag(read, 'ansible_become') ?? options.become ?? false)) return undefined
  const password = text(read, 'ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass') ?? options.becomePassword
  return {
    user: text(read, 'ansible_become_user', 'ansible_sudo_user') ?? options.becomeUser ?? 'root',
    ...(password !== undefined && { password }),
  }
}

const expandHome = (path: string) => path.replace(/^~(?=\/|$)/, homedir())
