import { Buffer } from 'node:buffer'
import { createHash, createPublicKey } from 'node:crypto'

/** Bits below which OpenSSH takes an RSA key for no key at all (SSH_RSA_MINIMUM_MODULUS_SIZE). */
const shortestRsa = 1024

const curves: Record<string, { curve: string; jwk: string; bytes: number }> = {
  'ecdsa-sha2-nistp256': { curve: 'nistp256', jwk: 'P-256', bytes: 32 },
  'ecdsa-sha2-nistp384': { curve: 'nistp384', jwk: 'P-384', bytes: 48 },
  'ecdsa-sha2-nistp521': { curve: 'nistp521', jwk: 'P-521', bytes: 66 },
  'sk-ecdsa-sha2-nistp256@openssh.com': { curve: 'nistp256', jwk: 'P-256', bytes: 32 },
}

/** The strings of an SSH wire buffer (RFC 4251, 5), one after the other. */
export interface WireReader {
  /** undefined when there is none, or a cut one. */
  next(): Buffer | undefined
  /** Takes this many bytes that are no string. */
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

/** A string as ssh sends it: its length in four bytes, then its bytes. */
export const wireString = (bytes: Buffer | string): Buffer => {
  const body = Buffer.from(bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** The type that a public key names in itself (RFC 4253, 6.6); undefined when it is no key. */
export const keyType = (key: Buffer): string | undefined => {
  const type = wireReader(key).next()
  return type === undefined || type.length === 0 ? undefined : type.toString('latin1')
}

/**
 * Decodes the type and the base64 text of a public key, as known_hosts and authorized_keys have them.
 * @returns undefined for what ssh takes for no key: bad base64, a cut or overlong key, another type than its own
 */
export const readPublicKey = (type: string, base64: string): Buffer | undefined => {
  const key = decodeBase64(base64)
  if (key === undefined) return undefined
  // A name of a signature algorithm stands for the type of its keys.
  const named = /^rsa-sha2-(256|512)$/.test(type) ? 'ssh-rsa' : type
  return keyType(key) === named && isPublicKey(key) ? key : undefined
}

/** Base64 as ssh reads it: padded, blanks between allowed, no bits left over. Buffer.from takes anything. */
export const decodeBase64 = (text: string): Buffer | undefined => {
  const packed = text.replace(/[ \t\n\v\f\r]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(packed)) return undefined
  const bytes = Buffer.from(packed, 'base64')
  return bytes.toString('base64') === packed ? bytes : undefined
}

/** Whether it is a complete public key of a type that OpenSSH knows. Of a certificate only the type is looked at. */
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
    // A point that is not on the curve.
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
  // A certificate begins with its nonce.
  if (type !== 'ssh-rsa') fields.next()
  fields.next()
  return bits(fields.next())
}

/** SHA256 fingerprint as ssh-keygen -l shows it. */
export const fingerprint = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
