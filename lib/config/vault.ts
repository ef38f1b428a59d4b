import { Vault } from 'ansible-vault'
import { ConfigError, type Place, type Source, wholeOf } from './error.ts'
import type { Decrypter } from './value.ts'

/** A vault password and the vault id that it was given for (`--vault-id dev@file`). */
export interface VaultPassword {
  password: string
  id?: string
}

const headerPattern = /^\$ANSIBLE_VAULT;/

/** Whether a text (a whole file, or the value after `!vault`) is encrypted. */
export const isVault = (text: string) => headerPattern.test(text.trimStart())

/** Encrypts a text as `ansible-vault encrypt` does: format 1.2 when there is a vault id, otherwise 1.1. */
export const encrypt = (text: string, { password, id }: VaultPassword): string => {
  refuseEmpty(password)
  // The package reads no id as "format 1.1", which Ansible also writes for the id `default`.
  const vault = new Vault({ password }).encryptSync(text, id === 'default' ? '' : (id ?? ''))
  return `${vault}\n`
}

/** Decrypts a whole vault text with the first matching password. Throws an error at `place` when none matches. */
export const decrypt = (vaultText: string, passwords: readonly VaultPassword[], place?: Place): string =>
  openVault(vaultText, passwords, place).text

/** The same, and returns the matching password with the vault id of the text, to encrypt it again. */
export const openVault = (
  vaultText: string,
  passwords: readonly VaultPassword[],
  place?: Place,
): { text: string; sealedWith: VaultPassword } => {
  const { header, lines } = envelope(vaultText, place)
  if (passwords.length === 0)
    throw new ConfigError('this is encrypted, and no vault password was given', place, 'give one with -J or --vault-password-file')
  const id = header.split(';')[3]
  for (const candidate of matchingFirst(passwords, id)) {
    const text = attempt([header, ...lines].join('\n'), candidate.password)
    if (text !== undefined) return { text, sealedWith: { password: candidate.password, ...(id ? { id } : {}) } }
  }
  throw new ConfigError(`none of the vault passwords decrypts this${id ? ` (vault id '${id}')` : ''}`, place)
}

/** Encrypts the same text with another password; keeps the vault id unless a new one is given. */
export const rekey = (vaultText: string, passwords: readonly VaultPassword[], next: VaultPassword, place?: Place): string => {
  const { text, sealedWith } = openVault(vaultText, passwords, place)
  return encrypt(text, { ...sealedWith, ...next })
}

/** YAML to paste, as `ansible-vault encrypt_string --name` prints it. */
export const encryptString = (text: string, password: VaultPassword, name?: string): string => {
  const indented = encrypt(text, password).trimEnd().replace(/^/gm, ' '.repeat(10))
  return `${name === undefined ? '' : `${name}: `}!vault |\n${indented}\n`
}

/** Decrypts vault text on demand, and each text only once: a key derivation takes tens of milliseconds. */
export const keyring = (passwords: readonly VaultPassword[]): Decrypter & { readonly empty: boolean } => {
  const opened = new Map<string, string>()
  return {
    empty: passwords.length === 0,
    decrypt(ciphertext, place) {
      const text = opened.get(ciphertext) ?? decrypt(ciphertext, passwords, place)
      opened.set(ciphertext, text)
      return text
    },
  }
}

/** The source in plain text; decrypted text is never quoted in a message. */
export const openSource = (source: Source, vault: Decrypter): Source => {
  if (!isVault(source.text)) return source
  return { file: source.file, text: vault.decrypt(source.text, wholeOf(source)), secret: true }
}

const envelope = (vaultText: string, place: Place | undefined): { header: string; lines: string[] } => {
  const [header = '', ...lines] = vaultText
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  if (!/^\$ANSIBLE_VAULT;1\.[12];AES256(;|$)/.test(header))
    throw new ConfigError(
      isVault(header) ? `vault format ${header} is not supported` : 'this is not vault text',
      place,
      'supported: format 1.1 and 1.2 with AES256',
    )
  const damage = damageOf(lines)
  if (damage !== undefined) throw new ConfigError(`this vault text is damaged: ${damage}`, place)
  return { header, lines }
}

/**
 * What is wrong with the digits below the header, whatever the password. They encode three more rows of digits: salt, checksum, content.
 */
const damageOf = (lines: readonly string[]): string | undefined => {
  const digits = lines.join('')
  if (!/^[0-9a-f]+$/i.test(digits))
    return digits === '' ? 'there is nothing below its header' : 'it contains characters other than digits and a to f'
  if (digits.length % 2 === 1) return 'it has an odd number of digits'
  const rows = Buffer.from(digits, 'hex').toString('latin1').split('\n')
  const complete = rows.length === 3 && rows.every(row => /^([0-9a-f]{2})+$/i.test(row)) && rows[1]?.length === 64
  return complete ? undefined : 'part of it is missing'
}

const matchingFirst = (passwords: readonly VaultPassword[], id: string | undefined) =>
  id === undefined ? passwords : [...passwords.filter(given => given.id === id), ...passwords.filter(given => given.id !== id)]

const attempt = (vaultText: string, password: string): string | undefined => {
  refuseEmpty(password)
  try {
    return new Vault({ password }).decryptSync(vaultText, undefined)
  } catch {
    // A wrong password causes a failed integrity check, exactly as damaged text does.
    return undefined
  }
}

const refuseEmpty = (password: string): void => {
  if (password === '') throw new ConfigError('the vault password is empty', wholeOf({ file: 'vault password', text: '' }))
}
