import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, extname, resolve } from 'node:path'
import { readSource } from '../config/files.ts'
import type { VaultPassword } from '../config/vault.ts'
import { type PlayArguments, UsageError } from './options.ts'
import { askSecret } from './prompt.ts'

type VaultOptions = Pick<PlayArguments, 'vaultPasswordFile' | 'vaultId' | 'askVaultPass'>
type Ask = (question: string) => Promise<string>

/** A password by the place it comes from: a file, or the operator. */
interface PasswordSource {
  id?: string
  file?: string
}

/** All vault passwords that the options name, in Ansible's order: vault ids, files, the one that is asked for. */
export const vaultPasswords = async (options: VaultOptions, ask: Ask = askSecret): Promise<VaultPassword[]> => {
  const passwords: VaultPassword[] = []
  for (const { id, file } of sourcesIn(options)) {
    const password = file === undefined ? await ask(`Vault password${id === undefined ? '' : ` (${id})`}: `) : passwordIn(file, id)
    passwords.push({ password, ...(id === undefined ? {} : { id }) })
  }
  return passwords
}

/** The passwords that open what is there; asked for when none is named. */
export const openingPasswords = (options: VaultOptions): Promise<VaultPassword[]> => vaultPasswords(orAsked(options))

/** The one password that new vault text is sealed with; what is typed is typed twice. */
export const sealingPassword = async (options: VaultOptions): Promise<VaultPassword> => {
  const [only, ...others] = await vaultPasswords(orAsked(options), askTwice)
  if (only === undefined || others.length > 0) throw new UsageError('one vault password encrypts: name no more than that')
  return only
}

const orAsked = (options: VaultOptions): VaultOptions => {
  if (sourcesIn(options).length > 0) return options
  if (process.stdin.isTTY) return { askVaultPass: true }
  throw new UsageError(
    'no vault password is given, and there is no terminal to ask on\n  give one with --vault-password-file or --vault-id',
  )
}

const sourcesIn = ({ vaultId = [], vaultPasswordFile = [], askVaultPass }: VaultOptions): PasswordSource[] => [
  ...vaultId.map(vaultIdSource),
  ...vaultPasswordFile.map(file => ({ file })),
  ...(askVaultPass ? [{}] : []),
]

/** `label@file`, `label@prompt`, or a file alone. */
export const vaultIdSource = (written: string): PasswordSource => {
  const [, id, source] = /^(?:([^@]*)@)?(.*)$/s.exec(written) ?? []
  if (id === '' || id?.includes(';') || /\s/.test(id ?? '')) throw new UsageError(`--vault-id ${written}: '${id}' is no vault id`)
  if (!source) throw new UsageError(`--vault-id ${written}: expected label@file`)
  return { ...(id === undefined ? {} : { id }), ...(source === 'prompt' ? {} : { file: source }) }
}

/** The password that a file holds, or prints when it is a program, as Ansible takes it. */
const passwordIn = (written: string, id: string | undefined): string => {
  const file = written.replace(/^~(?=\/)/, homedir())
  if (!existsSync(file)) throw new UsageError(`vault password file ${written}: there is none`)
  const stat = statSync(file)
  return stat.isFile() && (stat.mode & 0o111) !== 0 ? passwordFrom(file, id) : readSource(file).text.trim()
}

/** By Ansible's convention a program whose name ends with `-client` is told the vault id. */
const passwordFrom = (program: string, id = 'default'): string => {
  const words = basename(program, extname(program)).endsWith('-client') ? ['--vault-id', id] : []
  try {
    return execFileSync(resolve(program), words, { encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'] }).replace(/[\r\n]+$/, '')
  } catch (error) {
    const { status, message } = error as { status?: number | null; message: string }
    throw new UsageError(`vault password program ${program}: ${status ? `it ended with ${status}` : message}`)
  }
}

const askTwice: Ask = async question => {
  const typed = await askSecret(`New ${question.charAt(0).toLowerCase()}${question.slice(1)}`)
  if (typed !== (await askSecret('The same again: '))) throw new UsageError('the two passwords differ')
  return typed
}
