import { readFile } from 'node:fs/promises'
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, BaseAgent, ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import type { HostConfig } from './openssh-config.ts'

/** One way to log in, in the order they are tried, with the words for a message. */
export interface Attempt {
  what: string
  method: AnyAuthMethod
}

export interface Attempts {
  attempts: Attempt[]
  /** Keys that could not be used, and why. */
  notes: string[]
}

/**
 * The ways to log in: keys named in the inventory, the agent's keys, the other key files, the password. Each key once, since sshd ends
 * the connection after six (MaxAuthTries).
 */
export async function collectAttempts(config: HostConfig, named: number, password: string | undefined): Promise<Attempts> {
  const notes: string[] = []
  const files = await Promise.all(config.identityFiles.map((file, i) => readKey(file, i < named, notes)))
  const keys = files.filter(file => file !== undefined)
  const publicKeys = [...keys.map(key => key.key), ...(await readPublicKeys(config.identityFiles))]
  const agentKeys = config.agent === undefined ? [] : await listAgentKeys(config.agent, notes)
  const usable = orderAgentKeys(agentKeys, publicKeys, config.identitiesOnly)
  const inAgent = (key: ParsedKey) => usable.some(other => other.equals(key))
  const explicit = keys.filter(key => config.identityFiles.indexOf(key.file) < named)
  const others = keys.filter(key => !explicit.includes(key) && !inAgent(key.key))
  const left = usable.filter(key => !explicit.some(file => file.key.equals(key)))
  return {
    attempts: [
      ...explicit.map(key => fileAttempt(config.user, key)),
      ...agentAttempts(config, left),
      ...others.map(key => fileAttempt(config.user, key)),
      ...passwordAttempts(config.user, password),
    ],
    notes,
  }
}

interface KeyFile {
  file: string
  key: ParsedKey
}

/** @param named it was asked for by name, so its absence is worth a note */
async function readKey(file: string, named: boolean, notes: string[]): Promise<KeyFile | undefined> {
  const text = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (named || error.code !== 'ENOENT') notes.push(`cannot read the key ${file} (${error.code})`)
    return undefined
  })
  if (text === undefined) return undefined
  const parsed = ssh2.utils.parseKey(text)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (key === undefined || key instanceof Error) {
    notes.push(keyNote(file, key))
    return undefined
  }
  return key.isPrivateKey() ? { file, key } : undefined
}

function keyNote(file: string, error: Error | undefined): string {
  if (error && /encrypted|passphrase/i.test(error.message)) return `the key ${file} is encrypted: add it to ssh-agent (ssh-add ${file})`
  return `cannot use the key ${file}: ${error?.message ?? 'no key in it'}`
}

/** The public halves beside key files: an encrypted key's agent entry is recognised by them. */
async function readPublicKeys(files: string[]): Promise<ParsedKey[]> {
  const texts = await Promise.all(files.map(file => readFile(`${file}.pub`).catch(() => undefined)))
  return texts.flatMap(text => {
    const parsed = text === undefined ? undefined : ssh2.utils.parseKey(text)
    const key = Array.isArray(parsed) ? parsed[0] : parsed
    return key === undefined || key instanceof Error ? [] : [key]
  })
}

function listAgentKeys(socket: string, notes: string[]): Promise<ParsedKey[]> {
  return new Promise(resolve => {
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => {
      if (error) notes.push(`the ssh agent at ${socket} does not answer`)
      // OpenSSHAgent answers parsed keys; its type allows what other agents answer.
      resolve(error ? [] : ((keys ?? []) as ParsedKey[]))
    })
  })
}

/** The agent's keys, those of configured files first; with IdentitiesOnly those alone. */
function orderAgentKeys(agentKeys: ParsedKey[], configured: ParsedKey[], only: boolean): ParsedKey[] {
  const isConfigured = (key: ParsedKey) => configured.some(other => other.equals(key))
  return [...agentKeys.filter(isConfigured), ...(only ? [] : agentKeys.filter(key => !isConfigured(key)))]
}

function agentAttempts(config: HostConfig, keys: ParsedKey[]): Attempt[] {
  if (config.agent === undefined || keys.length === 0) return []
  const agent = new ssh2.OpenSSHAgent(config.agent)
  agent.getIdentities = callback => callback(undefined, keys)
  const what = `${keys.length} key${keys.length === 1 ? '' : 's'} of the agent`
  return [{ what, method: { type: 'agent', username: config.user, agent: agent as BaseAgent } }]
}

function fileAttempt(username: string, { file, key }: KeyFile): Attempt {
  return { what: file, method: { type: 'publickey', username, key } }
}

function passwordAttempts(username: string, password: string | undefined): Attempt[] {
  if (password === undefined) return []
  return [
    { what: 'password', method: { type: 'password', username, password } },
    {
      what: 'password (keyboard-interactive)',
      method: { type: 'keyboard-interactive', username, prompt: (_n, _i, _l, prompts, finish) => finish(prompts.map(() => password)) },
    },
  ]
}

/** What ssh2 asks for the next way to log in, and what was tried and offered, for the message when all failed. */
export interface Login {
  handler: AuthHandlerMiddleware
  tried: string[]
  /** What the server accepts; undefined before it said so. */
  offered: AuthenticationType[] | undefined
}

/** Tries each attempt that the server accepts. `none` goes first, as OpenSSH does: the refusal tells what it accepts. */
export function createLogin(user: string, attempts: Attempt[]): Login {
  const left: Attempt[] = [{ what: '', method: { type: 'none', username: user } }, ...attempts]
  const login: Login = {
    tried: [],
    offered: undefined,
    handler(methodsLeft, _partial, next) {
      login.offered = methodsLeft ?? login.offered
      for (let attempt = left.shift(); attempt; attempt = left.shift()) {
        if (!accepts(login.offered, attempt.method.type)) continue
        if (attempt.what !== '') login.tried.push(attempt.what)
        return next(attempt.method)
      }
      next(false as unknown as AnyAuthMethod)
    },
  }
  return login
}

function accepts(offered: AuthenticationType[] | undefined, type: AuthenticationType): boolean {
  return offered === undefined || type === 'none' || offered.includes(type === 'agent' ? 'publickey' : type)
}
