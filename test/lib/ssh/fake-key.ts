import { createECDH, createHash, hkdfSync } from 'node:crypto'
import { wireString } from '../../../lib/ssh/public-key.ts'

const noise = (seed: string, bytes: number) => Buffer.from(hkdfSync('sha256', seed, '', 'nfsha-play', bytes))

/** A well-formed public key without a private key. */
export const fakeKey = (seed: string, type = 'ssh-ed25519'): Buffer => Buffer.concat([type, ...bodyOf(seed, type)].map(wireString))

const bodyOf = (seed: string, type: string): (Buffer | string)[] => {
  if (type === 'ssh-rsa') return [Buffer.of(1, 0, 1), Buffer.concat([Buffer.of(0, 0x80), noise(seed, 255)])]
  const curve = /nistp\d+/.exec(type)?.[0]
  if (curve === undefined) return [createHash('sha256').update(seed).digest()]
  const names: Record<string, [string, number]> = { nistp256: ['prime256v1', 32], nistp384: ['secp384r1', 48], nistp521: ['secp521r1', 65] }
  const [name, bytes] = names[curve] ?? ['prime256v1', 32]
  const pair = createECDH(name)
  pair.setPrivateKey(noise(seed, bytes))
  return [curve, pair.getPublicKey()]
}
