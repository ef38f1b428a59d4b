import { findOption, sshOptions } from '../ssh/ssh-options.ts'
import { splitArguments } from '../ssh/ssh-words.ts'
import { ConfigError, type Place } from './error.ts'
import { didYouMean } from './suggest.ts'
import { splitWords } from './words.ts'

/** Settings from the ssh arguments of an inventory. */
export interface SshArguments {
  port?: number
  user?: string
  identityFiles?: string[]
  knownHostsFiles?: string[]
  globalKnownHostsFiles?: string[]
  proxyJump?: string
  connectTimeout?: number
  /** -F */
  configFile?: string
  /** Options that ssh itself resolves, in their order. */
  options?: { name: string; value: string }[]
}

/** The settings from an option, or why it is refused. */
type Setter = (value: string, name: string) => SshArguments | string

const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : undefined)
const pass: Setter = (value, name) => ({ options: [{ name, value }] })
const fits =
  (allowed: RegExp): Setter =>
  value =>
    allowed.test(value) ? {} : `the value '${value}' cannot be honoured`

/** Options that are more than a line of ssh_config, or with only some supported values. */
const specialSetters: Record<string, Setter> = {
  port: value => portOf(value),
  user: value => ({ user: value }),
  identityfile: (value, name) =>
    fileNames(name, value, ([file, ...more]) => (file && more.length === 0 ? { identityFiles: [file] } : `'${value}' is not one file`)),
  userknownhostsfile: (value, name) => fileNames(name, value, files => (isNowhere(files) ? notVerified : { knownHostsFiles: files })),
  globalknownhostsfile: (value, name) => fileNames(name, value, files => ({ globalKnownHostsFiles: isNone(files) ? [] : files })),
  proxyjump: value => ({ proxyJump: value }),
  proxycommand: (value, name) => jumpOf(value) ?? pass(value, name),
  connecttimeout: value => (number(value) ? { connectTimeout: Number(value) * 1000 } : `'${value}' is not a number of seconds`),
  stricthostkeychecking: (value, name) => hostKeyChecking(value, name),
  batchmode: fits(/^(yes|true)$/i),
  forwardagent: fits(/^(no|false)$/i),
  forwardx11: fits(/^(no|false)$/i),
  requesttty: fits(/^(no|auto|false)$/i),
}

const notVerified = 'without known hosts no host key can be verified'
const isNone = (files: string[]) => files[0]?.toLowerCase() === 'none'
const isNowhere = (files: string[]) => files.length === 0 || isNone(files) || files.includes('/dev/null')

const flags: Record<string, string> = {
  ...{ J: 'ProxyJump', i: 'IdentityFile', p: 'Port', l: 'User' },
  ...{ b: 'BindAddress', c: 'Ciphers', m: 'MACs', P: 'Tag' },
}
/** Flags for quiet, no terminal, no X11, no agent (as we connect anyway), compression (Ansible's default), details, and no GSSAPI. */
const harmless = /^-[qTxaCvkn]+$/
const families = new Map([
  ['-4', 'inet'],
  ['-6', 'inet6'],
])

/**
 * Parses `ansible_ssh_common_args` and similar variables. Throws for what is not supported: ignoring it would connect in an unintended way.
 */
export const readSshArguments = (text: string, place: Place): SshArguments => {
  const words = splitWords(text, { comments: false })?.map(word => word.text)
  if (!words) throw new ConfigError('a quote is not closed', place)
  let found: SshArguments = {}
  while (words.length > 0) {
    const word = words.shift() ?? ''
    if (harmless.test(word)) continue
    found = combined(found, argument(word, words, place))
  }
  return found
}

/** Parses one argument: `-p 22`, `-p22`, `-o Port=22`, `-oPort=22`, `-o 'Port 22'`, `-F file`, `-4`. */
const argument = (word: string, rest: string[], place: Place): SshArguments => {
  const family = families.get(word)
  if (family !== undefined) return { options: [{ name: 'AddressFamily', value: family }] }
  const flag = /^-([a-zA-Z])(.*)$/s.exec(word)
  const name = flag?.[1] ?? ''
  if (!flag || !(name === 'o' || name === 'F' || name in flags))
    throw new ConfigError(`the ssh argument '${word}' cannot be honoured`, place, supported)
  const value = flag[2] || rest.shift()
  if (value === undefined) throw new ConfigError(`the ssh argument '${word}' needs a value`, place)
  if (name === 'F') return { configFile: value }
  if (name !== 'o') return apply({ name: flags[name] ?? '', value: name === 'i' ? quoted(value) : value }, place)
  const option = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/s.exec(value)
  if (!option) throw new ConfigError(`'-o ${value}' is not option=value`, place)
  return apply({ name: option[1] ?? '', value: (option[2] ?? '').trim() }, place)
}

const supported = 'supported: -o with the options of docs/ssh.md, -J, -i, -p, -l, -F, -b, -c, -m, -4, -6; the rest belongs in ~/.ssh/config'

const apply = ({ name, value }: { name: string; value: string }, place: Place): SshArguments => {
  const option = findOption(name)
  if (!option) throw new ConfigError(`the ssh option ${name} cannot be honoured`, place, unknownHint(name))
  const refuse = (reason: string) => new ConfigError(`the ssh option ${option.name} cannot be honoured: ${reason}`, place)
  if (/[\n\r\0]/.test(value)) throw refuse('its value has a line break')
  const special = specialSetters[option.name.toLowerCase()]
  const plain = /^"([^"\\]*)"$/.exec(value)?.[1] ?? value
  if (!special && option.how === 'refused' && !option.unless?.test(plain)) throw refuse(option.note)
  if (!special && option.how !== 'honoured') return {}
  const result = special ? special(splitOptions.has(option.name) ? value : plain, option.name) : pass(value, option.name)
  if (typeof result === 'string') throw refuse(result)
  return result
}

/** Options whose value is a list of words, so quotes in it matter. */
const splitOptions = new Set(['IdentityFile', 'UserKnownHostsFile', 'GlobalKnownHostsFile'])

const unknownHint = (name: string) =>
  didYouMean(
    name,
    sshOptions.map(option => option.name),
  ) ?? supported

/** As in ssh, the first value of an option wins, and key files accumulate. */
export const combined = (found: SshArguments, next: SshArguments): SshArguments => {
  const identityFiles = [...(found.identityFiles ?? []), ...(next.identityFiles ?? [])]
  const options = [...(found.options ?? []), ...(next.options ?? [])]
  return { ...next, ...found, ...(identityFiles.length > 0 && { identityFiles }), ...(options.length > 0 && { options }) }
}

const portOf = (value: string): SshArguments | string => {
  const port = number(value)
  return port !== undefined && port > 0 && port < 65536 ? { port } : `'${value}' is not a port`
}

const fileNames = (name: string, value: string, set: (files: string[]) => SshArguments | string): SshArguments | string => {
  const files = splitArguments(value)
  return files === undefined ? `a quote is not closed in the value of ${name}` : set(files)
}

const quoted = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`

const hostKeyChecking = (value: string, name: string): SshArguments | string => {
  if (/^(yes|true|accept-new)$/i.test(value)) return pass(value, name)
  if (/^ask$/i.test(value)) return 'there is nobody to ask; use accept-new to store new keys'
  return 'it would accept a changed host key, and so a man in the middle; use accept-new to store new keys'
}

/** A ProxyCommand that is equivalent to a ProxyJump: `ssh -W %h:%p [-q] [-p port] jump`. */
const jumpOf = (command: string): SshArguments | undefined => {
  const words = command.split(/\s+/).filter(word => !['-q', '-T'].includes(word))
  const port = words.indexOf('-p')
  const jumpPort = port > 0 ? words.splice(port, 2)[1] : undefined
  const target = words.indexOf('-W')
  const forwards = target > 0 ? words.splice(target, 2)[1] : undefined
  const [ssh, host, ...more] = words
  const plain = ssh === 'ssh' && forwards === '%h:%p' && host !== undefined && !host.startsWith('-') && more.length === 0
  return plain ? { proxyJump: jumpPort ? `${host}:${jumpPort}` : host } : undefined
}
