import { Buffer } from 'node:buffer'
import type { Client } from 'ssh2'
import { isCertificateType, keyType, wireReader, wireString } from './public-key.ts'

/** The fields of a user certificate that a login needs (PROTOCOL.certkeys). */
export interface Certificate {
  blob: Buffer
  /** Its type, as `ssh-ed25519-cert-v01@openssh.com`. */
  type: string
  /** The public key that it certifies, in the ssh wire format. */
  publicKey: Buffer
}

/** How many strings a public key of each type has. */
const keyFieldCounts: Record<string, number> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
}
/** SSH_CERT_TYPE_USER. */
const userType = 1

/** Reads a certificate. @returns undefined for anything but a user certificate of a supported type (not security keys) */
export const readUserCertificate = (blob: Buffer): Certificate | undefined => {
  const type = keyType(blob) ?? ''
  const plainType = type.replace('-cert-v01@openssh.com', '')
  const count = keyFieldCounts[plainType]
  if (!isCertificateType(type) || count === undefined) return undefined
  const fields = wireReader(blob)
  // The type and the nonce.
  fields.next()
  fields.next()
  const parts = Array.from({ length: count }, () => fields.next())
  if (parts.some(part => part === undefined)) return undefined
  const at = Buffer.byteLength(type) + 4 + (wireReader(blob.subarray(Buffer.byteLength(type) + 4)).next()?.length ?? 0) + 4
  const body = parts.map(part => wireString(part ?? ''))
  const serial = at + Buffer.concat(body).length
  if (blob.length < serial + 12 || blob.readUInt32BE(serial + 8) !== userType) return undefined
  return { blob, type, publicKey: Buffer.concat([wireString(plainType), ...body]) }
}

/** Marks an ssh2 key that represents a certificate; the value is its signature algorithm. */
export const signatureTypeKey = Symbol('signature type of a certificate')

export interface CertificateKey {
  /** The algorithm named in the request: for an RSA certificate `rsa-sha2-512-cert-v01@openssh.com`. */
  readonly type: string
  getPublicSSH(): Buffer
  readonly [signatureTypeKey]: string
}

/** The parts of ssh2's protocol object that send a public key login: private, but unchanged since 1.0. */
interface Protocol {
  _kex: { sessionID: Buffer }
  _packetRW: { write: { alloc(length: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer } }
  _authsQueue: string[]
  _cipher: { encrypt(packet: Buffer): void }
  authPK(user: string, key: unknown, algorithm: unknown, sign?: Sign): void
}

type Sign = (data: Buffer, send: (signature: Buffer) => void) => void

const userauthRequest = 50

/**
 * Lets a client log in with certificates. ssh2 labels the signature with the algorithm of the key. For a certificate the two differ, and
 * sshd would refuse the login.
 */
export const allowCertificates = (client: Client): void => {
  const protocol = (client as unknown as { _protocol: Protocol })._protocol
  const send = protocol.authPK.bind(protocol)
  protocol.authPK = (user, key, algorithm, sign) => {
    const signatureType = (key as Partial<CertificateKey>)[signatureTypeKey]
    if (signatureType === undefined || sign === undefined) return send(user, key, algorithm, sign)
    const request = certificateRequest(user, key as CertificateKey)
    sign(Buffer.concat([wireString(protocol._kex.sessionID), request]), signature => {
      const signed = wireString(Buffer.concat([wireString(signatureType), wireString(signature)]))
      sendPacket(protocol, Buffer.concat([request, signed]))
    })
  }
}

/** RFC 4252, section 7: the data that is signed after the session id and sent before the signature. */
const certificateRequest = (user: string, key: CertificateKey): Buffer => {
  const words = [user, 'ssh-connection', 'publickey'].map(word => wireString(word))
  return Buffer.concat([Buffer.of(userauthRequest), ...words, Buffer.of(1), wireString(key.type), wireString(key.getPublicSSH())])
}

const sendPacket = (protocol: Protocol, payload: Buffer): void => {
  const { write } = protocol._packetRW
  const packet = write.alloc(payload.length)
  packet.set(payload, write.allocStart)
  protocol._authsQueue.push('publickey')
  protocol._cipher.encrypt(write.finalize(packet))
}
