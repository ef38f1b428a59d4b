import { ConfigError, type Place } from './error.ts'
import { splitWords } from './words.ts'

/** What ssh arguments of an inventory ask for, as far as it can be honoured. */
export interface SshArguments {
  port?: number
  user?: string
  identityFiles?: string[]
  knownHostsFiles?: string[]
  proxyJump?: string
  acceptNewHostKeys?: boolean
  connectTimeout?: number
}

type Setter = (value: string) => SshArguments | string

const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : undefined)
const fits = (value: string, allowed: RegExp): SshArguments | string =>
  allowed.test(value) ? {} : `the value '${value}' cannot be honoured`

const oldAlgorithms = 'for a host with OpenSSH 5.3, set nfsha_ssh_legacy: true for it'

/** One entry an option: what it sets, or why it is refused. */
const OPTIONS: Record<string, Setter> = {
  port: value => portOf(value),
  user: value => ({ user: value }),
  identityfile: value => ({ identityFiles: [value] }),
  userknownhostsfile: value =>
    /^\/dev\/null$|^none$/.test(value) ? 'without known hosts no host key can be verified' : { knownHostsFiles: value.split(/\s+/) },
  proxyjump: value => (value === 'none' ? {} : { proxyJump: value }),
  proxycommand: value => jumpOf(value),
  connecttimeout: value => (number(value) ? { connectTimeout: Number(value) * 1000 } : `'${value}' is no number of seconds`),
  stricthostkeychecking: value => hostKeyChecking(value),
  kexalgorithms: () => oldAlgorithms,
  hostkeyalgorithms: () => oldAlgorithms,
  pubkeyacceptedalgorithms: () => oldAlgorithms,
  pubkeyacceptedkeytypes: () => oldAlgorithms,
  ciphers: () => oldAlgorithms,
  macs: () => oldAlgorithms,
  // One connection is kept for the whole run and nothing is ever asked in the middle of it, so these are as wanted.
  controlmaster: () => ({}),
  controlpersist: () => ({}),
  controlpath: () => ({}),
  batchmode: value => fits(value, /^yes$/),
  forwardagent: value => fits(value, /^no$/),
  forwardx11: value => fits(value, /^no$/),
  requesttty: value => fits(value, /^(no|auto)$/),
  loglevel: () => ({}),
}

const FLAGS: Record<string, string> = { J: 'proxyjump', i: 'identityfile', p: 'port', l: 'user' }
/** Flags for quiet, no terminal, no X11 (which is how we connect) and compression (Ansible's default; it changes the speed alone). */
const HARMLESS = /^-[qTxC]+$/

/** Reads `ansible_ssh_common_args` and its kin. What cannot be honoured is an error: ignoring it would connect in another way than asked. */
export function readSshArguments(text: string, place: Place): SshArguments {
  const words = splitWords(text, { comments: false })?.map(word => word.text)
  if (!words) throw new ConfigError('a quote is not closed', place)
  let found: SshArguments = {}
  while (words.length > 0) {
    const word = words.shift() ?? ''
    if (HARMLESS.test(word)) continue
    found = combined(found, apply(optionOf(word, words, place), place))
  }
  return found
}

/** The option that a word begins: `-p 22`, `-p22`, `-o Port=22`, `-oPort=22`. */
function optionOf(word: string, rest: string[], place: Place): { name: string; value: string } {
  const flag = /^-([a-zA-Z])(.*)$/s.exec(word)
  const name = flag?.[1] ?? ''
  if (!flag || !(name === 'o' || name in FLAGS)) throw new ConfigError(`the ssh argument '${word}' cannot be honoured`, place, SUPPORTED)
  const value = flag[2] || rest.shift()
  if (value === undefined) throw new ConfigError(`the ssh argument '${word}' lacks its value`, place)
  if (name !== 'o') return { name: FLAGS[name] ?? '', value }
  const option = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/s.exec(value)
  if (!option) throw new ConfigError(`'-o ${value}' is no option=value`, place)
  return { name: option[1] ?? '', value: unquoted(option[2] ?? '') }
}

const SUPPORTED =
  'supported: -J, -i, -p, -l and -o with ProxyJump, UserKnownHostsFile, StrictHostKeyChecking, IdentityFile, Port, User, ConnectTimeout; the rest belongs into ~/.ssh/config'

function apply({ name, value }: { name: string; value: string }, place: Place): SshArguments {
  const setter = OPTIONS[name.toLowerCase()]
  if (!setter) throw new ConfigError(`the ssh option ${name} cannot be honoured`, place, SUPPORTED)
  const result = setter(value)
  if (typeof result === 'string') throw new ConfigError(`the ssh option ${name} cannot be honoured: ${result}`, place)
  return result
}

/** As in ssh, the first value of an option counts, and files add up. */
export function combined(found: SshArguments, next: SshArguments): SshArguments {
  const identityFiles = [...(found.identityFiles ?? []), ...(next.identityFiles ?? [])]
  return { ...next, ...found, ...(identityFiles.length > 0 ? { identityFiles } : {}) }
}

function portOf(value: string): SshArguments | string {
  const port = number(value)
  return port !== undefined && port > 0 && port < 65536 ? { port } : `'${value}' is no port`
}

function hostKeyChecking(value: string): SshArguments | string {
  if (value === 'yes') return {}
  if (value === 'accept-new') return { acceptNewHostKeys: true }
  if (value === 'ask') return 'nobody is there to be asked; use accept-new to learn new keys'
  return 'it would accept a changed host key, and with it any machine in between; use accept-new to learn new keys'
}

/** The one ProxyCommand that is a ProxyJump in other words: `ssh -W %h:%p [-q] [-p port] jump`. */
function jumpOf(command: string): SshArguments | string {
  const words = command.split(/\s+/).filter(word => !['-q', '-T'].includes(word))
  const port = words.indexOf('-p')
  const jumpPort = port > 0 ? words.splice(port, 2)[1] : undefined
  const target = words.indexOf('-W')
  const forwards = target > 0 ? words.splice(target, 2)[1] : undefined
  const [ssh, host, ...more] = words
  const plain = ssh === 'ssh' && forwards === '%h:%p' && host !== undefined && !host.startsWith('-') && more.length === 0
  return plain ? { proxyJump: jumpPort ? `${host}:${jumpPort}` : host } : 'use ProxyJump'
}

const unquoted = (value: string) => value.trim().replace(/^"(.*)"$/s, '$1')
