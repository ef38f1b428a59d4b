import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Unreachable } from './connection.ts'
import { type HostKeyPolicy, revokedKey } from './host-key.ts'
import { fingerprint, isPublicKey, keyType, readPublicKey, wireReader } from './public-key.ts'

/** The first bytes of a key revocation list (PROTOCOL.krl). */
const krlMagic = 'SSHKRL\n'
/** Timeout of ssh-keygen for a query of a key revocation list, in ms. */
const queryLimit = 10_000

/**
 * Looks up a host key in the files of RevokedHostKeys: lists of public keys, or key revocation lists, which ssh-keygen reads.
 * @throws Unreachable when it is revoked, or when a file cannot be read: ssh refuses the host in both cases
 */
export const checkRevoked = async (policy: HostKeyPolicy, key: Buffer): Promise<void> => {
  for (const file of policy.revokedFiles) {
    const bytes = await readFile(file).catch(error => {
      throw unreadable(policy, file, (error as Error).message)
    })
    const where = bytes.toString('latin1').startsWith(krlMagic)
      ? await inRevocationList(policy, file, key)
      : inText(policy, file, bytes, key)
    if (where !== undefined) throw revokedKey(policy, key, where)
  }
}

const unreadable = ({ host }: HostKeyPolicy, where: string, reason: string): Unreachable => {
  const message = `${host}: cannot tell whether its host key is revoked: ${where}: ${reason}`
  return new Unreachable(host, message, 'Repair the file or remove it from RevokedHostKeys. Until then connections are refused.')
}

/** @returns `file:line` of the key */
const inText = (policy: HostKeyPolicy, file: string, bytes: Buffer, key: Buffer): string | undefined => {
  for (const [index, line] of bytes.toString('latin1').split('\n').entries()) {
    const [type, base64] = line.split(/[ \t]+/).filter(field => field !== '')
    if (type === undefined || type.startsWith('#')) continue
    const where = `${file}:${index + 1}`
    const listed = base64 === undefined ? undefined : readPublicKey(type, base64)
    // An unreadable line may have revoked any key.
    if (listed === undefined && !isShortRsa(type, base64)) throw unreadable(policy, where, 'not a public key')
    if (listed?.equals(key)) return where
  }
  return undefined
}

/** An RSA key that is too short to be accepted: ssh skips the line. */
const isShortRsa = (type: string, base64 = ''): boolean => {
  const key = Buffer.from(base64, 'base64')
  const fields = wireReader(key)
  const parts = [fields.next(), fields.next(), fields.next()]
  return type === 'ssh-rsa' && keyType(key) === type && parts.every(part => part !== undefined) && fields.isAtEnd() && !isPublicKey(key)
}

const inRevocationList = (policy: HostKeyPolicy, file: string, key: Buffer): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    // Through cat: node's own pipes are sockets, which cannot be opened as /dev/stdin.
    const command = ['-c', 'cat | ssh-keygen -Q -f "$1" /dev/stdin', 'sh', file]
    const child = spawn('sh', command, { stdio: ['pipe', 'pipe', 'pipe'], timeout: queryLimit })
    let said = ''
    child.stdout.on('data', chunk => {
      said += chunk
    })
    child.stderr.on('data', chunk => {
      said += chunk
    })
    child.stdin.on('error', () => {})
    child.once('error', error => reject(unreadable(policy, file, `ssh-keygen cannot be run: ${error.message}`)))
    child.once('close', code => {
      if (code === 0) return resolve(undefined)
      if (/: REVOKED$/m.test(said)) return resolve(`${file}, ${fingerprint(key)}`)
      reject(unreadable(policy, file, said.trim() || `ssh-keygen -Q ended with exit code ${code}`))
    })
    child.stdin.end(`${keyType(key)} ${key.toString('base64')}\n`)
  })
