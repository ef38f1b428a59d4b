import { readFile, stat } from 'node:fs/promises'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import { readPublicKey } from './public-key.ts'

/** The contents of an IdentityFile and the related files beside it. */
export interface KeyFile {
  file: string
  /** The public key, or a certificate when the file itself is one. */
  publicKey: Buffer | undefined
  /** The file itself contains a public key. */
  isPublic: boolean
  privateKey: ParsedKey | undefined
  /** The certificate of `<file>-cert.pub`. */
  certificate: Buffer | undefined
}

/**
 * Reads a key as ssh does: a public key file refers to a key in the agent; `<file>.pub` and `<file>-cert.pub` are the public key and the
 * certificate of a private key.
 * @param named the file was named explicitly, so a missing file is noted
 */
export const readKeyFile = async (file: string, named: boolean, notes: string[]): Promise<KeyFile> => {
  const [text, beside, certificate] = await Promise.all([
    readFile(file, 'latin1').catch((error: NodeJS.ErrnoException) => {
      if (named || error.code !== 'ENOENT') notes.push(`cannot read the key ${file} (${error.code})`)
      return undefined
    }),
    readFirst(`${file}.pub`),
    readFirst(`${file}-cert`, `${file}-cert.pub`),
  ])
  const own = text === undefined ? undefined : firstPublicKey(text)
  if (own) return { file, publicKey: own, isPublic: true, privateKey: undefined, certificate }
  const privateKey = text === undefined ? undefined : await readPrivateKey(file, text, notes)
  return { file, publicKey: privateKey?.getPublicSSH() ?? beside, isPublic: false, privateKey, certificate }
}

/** The public key or certificate in a file. */
export const readPublicFile = async (file: string, notes: string[]): Promise<Buffer | undefined> => {
  const found = await readFirst(file, `${file}.pub`)
  if (!found) notes.push(`there is no certificate in ${file}`)
  return found
}

const readFirst = async (...files: string[]): Promise<Buffer | undefined> => {
  for (const file of files) {
    const text = await readFile(file, 'latin1').catch(() => undefined)
    const key = text === undefined ? undefined : firstPublicKey(text)
    if (key) return key
  }
  return undefined
}

/** The first line that is a public key. */
const firstPublicKey = (text: string): Buffer | undefined => {
  for (const line of text.split('\n')) {
    const [type, base64] = line.split(/[ \t\r]+/).filter(field => field !== '')
    const key = type === undefined || base64 === undefined || type.startsWith('#') ? undefined : readPublicKey(type, base64)
    if (key) return key
  }
  return undefined
}

const readPrivateKey = async (file: string, text: string, notes: string[]): Promise<ParsedKey | undefined> => {
  const parsed = parse(text)
  if (!('isPrivateKey' in parsed)) {
    notes.push(keyNote(file, parsed))
    return undefined
  }
  if (!parsed.isPrivateKey()) return undefined
  const { uid, mode } = await stat(file)
  // Like ssh: ignore a key of our own that others can read.
  if (uid !== process.getuid?.() || (mode & 0o077) === 0) return parsed
  notes.push(
    `the key ${file} is not used: its permissions ${(mode & 0o7777).toString(8).padStart(4, '0')} are too open (chmod 600 ${file})`,
  )
  return undefined
}

const parse = (text: string): ParsedKey | Error => {
  try {
    const parsed = ssh2.utils.parseKey(text)
    return (Array.isArray(parsed) ? parsed[0] : parsed) ?? new Error('it contains no key')
  } catch (error) {
    return error as Error
  }
}

const keyNote = (file: string, error: Error): string => {
  if (/encrypted|passphrase/i.test(error.message)) return `the key ${file} is encrypted: add it to ssh-agent (ssh-add ${file})`
  return `cannot use the key ${file}: ${error.message}`
}
