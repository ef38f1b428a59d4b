import { generateKeyPairSync } from 'node:crypto'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { isAccepted, KeySkipped, plainKey, type SigningRules } from '../../../lib/ssh/signing-key.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})
const rsa = ssh2.utils.parseKey(privateKey) as ParsedKey
const data = Buffer.from('data')

/** Which hashes an RSA key signs with when ssh2 asks for each. */
const signs = (rules: SigningRules): string[] => {
  const { key } = plainKey(rsa, rules)
  return ['sha1', 'sha256', 'sha512'].filter(hash => {
    const signature = key.sign(data, hash) as unknown
    if (signature instanceof Error) expect(signature).toBeInstanceOf(KeySkipped)
    return Buffer.isBuffer(signature)
  })
}

describe('an RSA key', () => {
  it.each([
    [{ accepted: undefined, legacy: false }, ['sha256', 'sha512']],
    [{ accepted: undefined, legacy: true }, ['sha1', 'sha256', 'sha512']],
    [{ accepted: ['rsa-sha2-256'], legacy: false }, ['sha256']],
    [{ accepted: ['rsa-sha2-512', 'rsa-sha2-256'], legacy: false }, ['sha256', 'sha512']],
    [{ accepted: ['rsa-sha2-256', 'ssh-rsa'], legacy: false }, ['sha1', 'sha256']],
    [{ accepted: ['rsa-sha2-256'], legacy: true }, ['sha1', 'sha256']],
  ])('with %j signs with %j', (rules, hashes) => {
    expect(signs(rules)).toEqual(hashes)
  })

  it('never signs without a hash, because ssh2 would use SHA-1', () => {
    expect(plainKey(rsa, { accepted: undefined, legacy: false }).key.sign(data)).toBeInstanceOf(KeySkipped)
  })

  it('requests SHA-512 if SHA-256 is not allowed', () => {
    const { key, hash } = plainKey(rsa, { accepted: ['rsa-sha2-512'], legacy: false })
    expect([key.type, hash]).toEqual(['rsa-sha2-512', 'sha512'])
    expect(rsa.verify(data, key.sign(data) as Buffer, 'sha512')).toBe(true)
  })
})

it.each([
  ['ssh-rsa', ['rsa-sha2-256'], true],
  ['ssh-rsa', ['ssh-ed25519'], false],
  ['ssh-ed25519', ['ssh-ed25519-cert-v01@openssh.com'], false],
  ['ssh-rsa-cert-v01@openssh.com', ['rsa-sha2-512-cert-v01@openssh.com'], true],
  ['ssh-rsa-cert-v01@openssh.com', ['rsa-sha2-512'], false],
  ['ssh-ed25519', undefined, true],
])('%s with %j is accepted: %s', (type, accepted, expected) => {
  expect(isAccepted(type, { accepted, legacy: false })).toBe(expected)
})
