import { ConfigError, type Place } from './error.ts'
import { didYouMean } from './suggest.ts'
import { type Decrypter, reveal, type Variables } from './value.ts'

/** Access to a host's connection variables: only those that are read are decrypted and validated. */
export interface VariableReader {
  names: string[]
  value(name: string): unknown
  place(name: string): Place | undefined
}

/** A reader of merged variables. */
export const variableReader = (variables: Variables, vault: Decrypter): VariableReader => ({
  names: [...variables.keys()],
  value: name => {
    const entry = variables.get(name)
    return entry && reveal(entry.value, vault).value
  },
  place: name => variables.get(name)?.value.place,
})

/** The text of the last of the names that is set, as Ansible chooses between old and new names of a variable. */
export const text = (read: VariableReader, ...names: string[]): string | undefined => {
  const found = lastSet(read, names)
  if (!found) return undefined
  if (typeof found.value === 'object') throw new ConfigError(`${found.name} must be text`, read.place(found.name))
  return String(found.value)
}

/** The same as a number. */
export const number = (read: VariableReader, ...names: string[]): number | undefined => {
  const found = lastSet(read, names)
  if (!found) return undefined
  const value = Number(found.value)
  if (!Number.isInteger(value) || value < 1 || String(found.value).trim() === '')
    throw new ConfigError(`${found.name} must be a whole number above 0`, read.place(found.name))
  return value
}

/** The same as a boolean, in all notations that Ansible accepts. */
export const flag = (read: VariableReader, ...names: string[]): boolean | undefined => {
  const found = lastSet(read, names)
  if (!found) return undefined
  const word = String(found.value).toLowerCase().trim()
  if (['true', 'yes', 'on', '1', 'y', 't', '1.0'].includes(word)) return true
  if (['false', 'no', 'off', '0', 'n', 'f', '0.0'].includes(word)) return false
  throw new ConfigError(`${found.name} must be true or false`, read.place(found.name))
}

const lastSet = (read: VariableReader, names: string[]): { name: string; value: unknown } | undefined => {
  for (const name of names.toReversed()) {
    const value = read.value(name)
    if (value !== undefined && value !== null) return { name, value }
  }
  return undefined
}

/** Connection variables that would change how we connect and are not supported, with a hint what to use instead. */
const refusedVariables: Record<string, { unless?: RegExp; hint: string }> = {
  ansible_ssh_executable: { unless: /(^|\/)ssh$/, hint: 'the connection is made without the ssh program' },
  ansible_ssh_pkcs11_provider: { hint: 'use an ssh agent' },
  ansible_paramiko_proxy_command: { hint: 'use ansible_ssh_common_args with -J' },
  ansible_paramiko_host_key_checking: {
    unless: /^(true|yes|on|1)$/i,
    hint: 'host keys are always verified; --accept-new-host-keys learns new ones',
  },
  ansible_host_key_checking: {
    unless: /^(true|yes|on|1)$/i,
    hint: 'host keys are always verified; --accept-new-host-keys learns new ones',
  },
  ansible_ssh_host_key_checking: {
    unless: /^(true|yes|on|1)$/i,
    hint: 'host keys are always verified; --accept-new-host-keys learns new ones',
  },
  ansible_become_exe: { unless: /(^|\/)sudo$/, hint: 'sudo is found on the PATH of the host' },
  ansible_sudo_exe: { unless: /(^|\/)sudo$/, hint: 'sudo is found on the PATH of the host' },
  ansible_become_flags: { unless: /^(\s*-[HSn]+)*\s*$/, hint: 'sudo is run with its own flags' },
  ansible_sudo_flags: { unless: /^(\s*-[HSn]+)*\s*$/, hint: 'sudo is run with its own flags' },
  ansible_shell_type: { unless: /^(sh|bash)$/, hint: 'the hosts need a POSIX sh' },
  ansible_shell_executable: { unless: /\/(ba|da)?sh$/, hint: 'the hosts need a POSIX sh' },
}

/** Names that are checked for typos: a misspelt variable would simply have no effect. */
export const readVariables = [
  'ansible_host ansible_ssh_host ansible_port ansible_ssh_port ansible_user ansible_ssh_user ansible_password ansible_ssh_pass',
  'ansible_ssh_password ansible_private_key_file ansible_ssh_private_key_file ansible_connection ansible_timeout ansible_ssh_timeout',
  'ansible_ssh_args ansible_ssh_common_args ansible_ssh_extra_args ansible_become ansible_become_user ansible_become_password',
  'ansible_become_pass ansible_become_method ansible_sudo_user ansible_sudo_pass',
].flatMap(line => line.split(' '))

/**
 * Variables without effect here: there is no Python, no sftp, no pipelining to configure. Other names with `ansible_` are facts or belong
 * to plugins.
 */
const withoutEffect =
  /^ansible_(ssh_(retries|pipelining|transfer_method|use_tty)|(sftp|scp|ssh_sftp|ssh_scp)_|pipelining$|control_path|python_|remote_tmp|scp_)/

/** Whether a name is one that we read, refuse with a reason, or may ignore. */
export const isConnectionVariable = (name: string): boolean =>
  readVariables.includes(name) || Object.hasOwn(refusedVariables, name) || withoutEffect.test(name)

/** Throws for connection variables that are not supported, and for misspelt ones. */
export const refuseUnsupported = (read: VariableReader): void => {
  for (const name of read.names) {
    if (!name.startsWith('ansible_')) continue
    const refused = refusedVariables[name]
    if (refused && !refused.unless?.test(String(read.value(name))))
      throw new ConfigError(`${name} cannot be honoured`, read.place(name), refused.hint)
    if (!refused && !readVariables.includes(name) && !withoutEffect.test(name) && isMisspelt(name))
      throw new ConfigError(`'${name}' is not a connection variable`, read.place(name), didYouMean(name, readVariables))
  }
}

/** Names within a letter or two of one that we read, with prefixes that only connection variables have. */
const isMisspelt = (name: string) =>
  /^ansible_(ssh|become|sudo|connection|prot|pot|usr|hots|hos)/.test(name) && didYouMean(name, readVariables) !== undefined
