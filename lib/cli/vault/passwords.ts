import type { VaultPassword } from '../../config/vault.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { askSecret } from '../run/prompt.ts'
import { secrets } from '../secrets.ts'
import { passwordIn } from './password-file.ts'

type VaultOptions = Pick<PlayArguments, 'vaultPasswordFile' | 'vaultId' | 'askVaultPass'>
type Ask = (question: string) => Promise<string>

/** A password by its source: a file, or the operator. */
interface PasswordSource {
  id?: string
  file?: string
}

/** All vault passwords that the options name, in Ansible's order: vault ids, files, the prompt. */
export const vaultPasswords = async (options: VaultOptions, ask: Ask = askSecret): Promise<VaultPassword[]> => {
  const passwords: VaultPassword[] = []
  for (const { id, file } of sourcesIn(options)) {
    const password = file === undefined ? await ask(`Vault password${id === undefined ? '' : ` (${id})`}: `) : await passwordIn(file, id)
    secrets.add(password)
    passwords.push({ password, ...(id === undefined ? {} : { id }) })
  }
  return passwords
}

/** Passwords for decryption; asks for one when none is named. */
export const openingPasswords = (options: VaultOptions): Promise<VaultPassword[]> => vaultPasswords(orAsked(options))

/** The one password for new vault text; a typed one must be typed twice. */
export const sealingPassword = async (options: VaultOptions): Promise<VaultPassword> => {
  const [only, ...others] = await vaultPasswords(orAsked(options), askTwice)
  if (only === undefined || others.length > 0) throw new UsageError('encrypting needs exactly one vault password')
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
  if (id === '' || id?.includes(';') || /\s/.test(id ?? '')) throw new UsageError(`--vault-id ${written}: '${id}' is not a vault id`)
  if (!source) throw new UsageError(`--vault-id ${written}: expected label@file`)
  return { ...(id === undefined ? {} : { id }), ...(source === 'prompt' ? {} : { file: source }) }
}

const askTwice: Ask = async question => {
  const typed = await askSecret(`New ${question.charAt(0).toLowerCase()}${question.slice(1)}`)
  if (typed !== (await askSecret('The same again: '))) throw new UsageError('the two passwords differ')
  return typed
}
