import { Buffer } from 'node:buffer'
import { createHash, createPublicKey } from 'node:crypto'

/** Bits below which OpenSSH treats an RSA key as invalid (SSH_RSA_MINIMUM_MODULUS_SIZE). */
const shortestRsa = 1024

const curves: Record<string, { curve: string; jwk: string; bytes: number }> = {
  'ecdsa-sha2-nistp256': { curve: 'nistp256', jwk: 'P-256', bytes: 32 },
  'ecdsa-sha2-nistp384': { curve: 'nistp384', jwk: 'P-384', bytes: 48 },
  'ecdsa-sha2-nistp521': { curve: 'nistp521', jwk: 'P-521', bytes: 66 },
  'sk-ecdsa-sha2-nistp256@openssh.com': { curve: 'nistp256', jwk: 'P-256', bytes: 32 },
}

/** Reads the strings of an SSH wire buffer (RFC 4251, section 5) in sequence. */
export interface WireReader {
  /** undefined at the end, or when the string is truncated. */
  next(): Buffer | undefined
  /** Skips this many bytes that are not a string. */
  skip(bytes: number): boolean
  isAtEnd(): boolean
}

export const wireReader = (bytes: Buffer): WireReader => {
  let at = 0
  return {
    next() {
      if (bytes.length < at + 4) return undefined
      const end = at + 4 + bytes.readUInt32BE(at)
      if (bytes.length < end) return undefined
      const found = bytes.subarray(at + 4, end)
      at = end
      return found
    },
    skip(count) {
      if (bytes.length < at + count) return false
      at += count
      return true
    },
    isAtEnd: () => at === bytes.length,
  }
}

/** A string in the ssh wire format: its length in four bytes, then its bytes. */
export const wireString = (bytes: Buffer | string): Buffer => {
  const body = Buffer.from(bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** The type stored in a public key (RFC 4253, section 6.6); undefined when it is not a key. */
export const keyType = (key: Buffer): string | undefined => {
  const type = wireReader(key).next()
  return type === undefined || type.length === 0 ? undefined : type.toString('latin1')
}

/**
 * Decodes the type and the base64 text of a public key from known_hosts or authorized_keys.
 * @returns undefined for what ssh rejects: bad base64, a truncated or overlong key, a type that does not match the key
 */
export const readPublicKey = (type: string, base64: string): Buffer | undefined => {
  const key = decodeBase64(base64)
  if (key === undefined) return undefined
  // The name of a signature algorithm stands for its key type.
  const named = /^rsa-sha2-(256|512)$/.test(type) ? 'ssh-rsa' : type
  return keyType(key) === named && isPublicKey(key) ? key : undefined
}

/** Decodes base64 like ssh: padded, blanks allowed, no leftover bits. Buffer.from accepts anything. */
export const decodeBase64 = (text: string): Buffer | undefined => {
  const packed = text.replace(/[ \t\n\v\f\r]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(packed)) return undefined
  const bytes = Buffer.from(packed, 'base64')
  return bytes.toString('base64') === packed ? bytes : undefined
}

/** Whether it is a complete public key of a type that OpenSSH knows. For a certificate only the type is checked. */
export const isPublicKey = (key: Buffer): boolean => {
  const fields = wireReader(key)
  const type = fields.next()?.toString('latin1') ?? ''
  return (isCertificateType(type) || isBody(type, fields)) && (fields.isAtEnd() || isCertificateType(type))
}

const isBody = (type: string, fields: WireReader): boolean => {
  const curve = curves[type]
  if (curve) return isPoint(fields, curve) && (!type.startsWith('sk-') || fields.next() !== undefined)
  if (type === 'ssh-ed25519') return fields.next()?.length === 32
  if (type === 'sk-ssh-ed25519@openssh.com') return fields.next()?.length === 32 && fields.next() !== undefined
  if (type === 'ssh-rsa') return isPositive(fields.next()) && bits(fields.next()) >= shortestRsa
  if (type === 'ssh-dss') return [1, 2, 3, 4].every(() => isPositive(fields.next()))
  return false
}

const certificatePattern =
  /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519|sk-ecdsa-sha2-nistp256)-cert-v01@openssh\.com$/

export const isCertificateType = (type: string): boolean => certificatePattern.test(type)

const isPoint = (fields: WireReader, { curve, jwk, bytes }: { curve: string; jwk: string; bytes: number }): boolean => {
  const [name, point] = [fields.next()?.toString('latin1'), fields.next()]
  if (name !== curve || point?.length !== 1 + 2 * bytes || point[0] !== 4) return false
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)].map(half => half.toString('base64url'))
  try {
    createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: jwk, x: x ?? '', y: y ?? '' } })
    return true
  } catch {
    // The point is not on the curve.
    return false
  }
}

const isPositive = (integer: Buffer | undefined) => integer !== undefined && integer.length > 0 && (integer[0] ?? 0) < 0x80

const bits = (integer: Buffer | undefined): number => {
  if (!isPositive(integer)) return 0
  const digits = integer?.toString('hex').replace(/^0+/, '') ?? ''
  return digits === '' ? 0 : digits.length * 4 - Math.clz32(Number.parseInt(digits[0] ?? '0', 16)) + 28
}

/** Bits of an RSA public key or certificate; undefined for another key. */
export const rsaBits = (key: Buffer): number | undefined => {
  const fields = wireReader(key)
  const type = fields.next()?.toString('latin1') ?? ''
  if (type !== 'ssh-rsa' && !type.startsWith('ssh-rsa-cert-')) return undefined
  // In a certificate the nonce comes first.
  if (type !== 'ssh-rsa') fields.next()
  fields.next()
  return bits(fields.next())
}

/** SHA256 fingerprint as ssh-keygen -l shows it. */
export const fingerprint = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
