import { isUtf8 } from 'node:buffer'
import { resolve } from 'node:path'
import { ConfigError, collecting, type Source, wholeOf } from '../../config/error.ts'
import { contentOf, notText, readBytes, reasonOf, shownPath } from '../../config/files.ts'
import { decrypt, encrypt, isVault, rekey, type VaultPassword } from '../../config/vault.ts'
import { complain, printExact } from '../../report/output.ts'
import { UsageError } from '../options.ts'
import { replaceFile } from './replace-file.ts'

/** Returns the new text of a file. Throws `ConfigError` for an unsuitable file. */
export type Conversion = (source: Source) => string

/** Converts files in place, but none before all of them are known to be suitable; stdin to stdout when none is named. */
export const convertFiles = (files: readonly string[], convert: Conversion, done: string): void => {
  if (files.length === 0 || (files.length === 1 && files[0] === '-')) {
    printExact(convert(readStdin()))
    return
  }
  const results = collecting(new Set(files), file => ({ file, text: convert(readWhole(file)) }))
  for (const { file, text } of results) {
    replaceFile(file, text)
    complain(`${shownPath(file)}: ${done}\n`)
  }
}

/** Prints the decrypted text of all files. */
export const viewFiles = (files: readonly string[], passwords: readonly VaultPassword[]): void => {
  printExact(collecting(files, file => decrypting(passwords)(readWhole(file))).join(''))
}

export const encrypting =
  (password: VaultPassword): Conversion =>
  source => {
    if (isVault(source.text))
      throw new ConfigError('is already encrypted', wholeOf(source), '`nfsha-play vault rekey` changes its password')
    return encrypt(source.text, password)
  }

export const decrypting =
  (passwords: readonly VaultPassword[]): Conversion =>
  source =>
    readable(decrypt(sealedText(source), passwords, wholeOf(source)), source)

export const rekeying =
  (passwords: readonly VaultPassword[], next: VaultPassword): Conversion =>
  source => {
    const sealed = sealedText(source)
    readable(decrypt(sealed, passwords, wholeOf(source)), source)
    return rekey(sealed, passwords, next, wholeOf(source))
  }

/** The text of a file that is encrypted as a whole. */
export const sealedText = (source: Source): string => {
  if (isVault(source.text)) return source.text
  const hint = /!vault\b/.test(source.text) ? 'only single values in it are encrypted; `encrypt-string` creates new ones' : undefined
  throw new ConfigError('is not encrypted', wholeOf(source), hint)
}

/** Refuses bytes that are not UTF-8: they were decoded to replacement characters, and writing those back would lose the data for good. */
export const readable = (text: string, source: Source): string => {
  if (!text.includes('\uFFFD')) return text
  throw new ConfigError('contains something other than UTF-8 text', wholeOf(source), 'ansible-vault can open it')
}

/** The exact text of a file, including a byte order mark. No message quotes its lines. */
export const readWhole = (file: string): Source => {
  const named = { file: shownPath(file), text: '', secret: true }
  return { ...named, text: textOf(readBytes(resolve(file), named.file), named) }
}

/** The text from stdin, which must not be a terminal: nobody types a file. */
export const readStdin = (): Source => {
  if (process.stdin.isTTY) throw new UsageError('name a file, or pipe its text to stdin')
  const named = { file: 'stdin', text: '', secret: true }
  try {
    return { ...named, text: textOf(contentOf(0), named) }
  } catch (error) {
    throw error instanceof ConfigError ? error : new ConfigError(`cannot be read: ${reasonOf(error)}`, wholeOf(named))
  }
}

const textOf = (bytes: Buffer, named: Source): string => {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw notText(bytes, named.file, 'ansible-vault accepts other files too')
}
