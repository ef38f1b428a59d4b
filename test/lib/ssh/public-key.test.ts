import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { readUserCertificate } from '../../../lib/ssh/certificate.ts'
import { decodeBase64, fingerprint, isPublicKey, keyType, readPublicKey, rsaBits, wireString } from '../../../lib/ssh/public-key.ts'
import { runs } from '../../runs.ts'
import { fakeKey } from './fake-key.ts'

const types = ['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521']

const samples = new Map(types.map(type => [type, fakeKey('x', type)]))
const sample = (type: string | undefined) => samples.get(type ?? '') ?? Buffer.alloc(0)

/** Keys of all types, changed at one position. */
const damaged = fc
  .record({
    type: fc.constantFrom(...types),
    at: fc.nat(600),
    byte: fc.nat(255),
    cut: fc.option(fc.nat(600)),
    more: fc.uint8Array({ maxLength: 3 }),
  })
  .map(({ type, at, byte, cut, more }) => {
    const key = Buffer.from(sample(type))
    key[at % key.length] = byte
    return Buffer.concat([key.subarray(0, cut === null ? key.length : cut % key.length), more])
  })

describe('a public key', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nfsha-public-key-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  const sshReads = (line: string) => {
    const file = join(directory, 'key.pub')
    writeFileSync(file, `${line}\n`)
    try {
      return execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(' ')[1]
    } catch {
      return undefined
    }
  }

  it.each(types)('%s is read like ssh-keygen does, intact and with each kind of damage', type => {
    const key = fakeKey('seed', type)
    const text = key.toString('base64')
    const other = types.find(name => name !== type) ?? ''
    const cases: [string, string][] = [
      [type, text],
      [type, text.slice(0, -4)],
      [type, text.slice(0, 40)],
      [type, Buffer.concat([key, Buffer.of(0)]).toString('base64')],
      [type, `${text.slice(0, 30)}!${text.slice(31)}`],
      [type, Buffer.concat([key.subarray(0, 20), Buffer.of(0xff), key.subarray(21)]).toString('base64')],
      [other, text],
    ]
    for (const [name, base64] of cases) {
      const ours = readPublicKey(name, base64)
      expect([name, base64, ours && fingerprint(ours)]).toEqual([name, base64, sshReads(`${name} ${base64}`)])
    }
  })

  it('is never read from a damaged one of another length, and reading never throws', () => {
    fc.assert(
      fc.property(damaged, key => {
        const whole = isPublicKey(key)
        expect([keyType(key), rsaBits(key), readUserCertificate(key)]).toHaveLength(3)
        if (whole) expect(key).toHaveLength(sample(keyType(key)).length)
      }),
      { numRuns: runs(500) },
    )
  })

  it('is not read from noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(isPublicKey(Buffer.from(bytes))).toBe(false)
      }),
      { numRuns: runs(300) },
    )
  })

  it('computes the bits of RSA keys', () => {
    expect(rsaBits(fakeKey('x', 'ssh-rsa'))).toBe(2048)
    expect(rsaBits(fakeKey('x'))).toBeUndefined()
    for (const [byte, bits] of [
      [1, 1025],
      [0x7f, 1031],
      [0x80, 0],
    ] as const) {
      const modulus = Buffer.concat([Buffer.of(byte), Buffer.alloc(128)])
      expect(rsaBits(Buffer.concat([wireString('ssh-rsa'), wireString(Buffer.of(3)), wireString(modulus)]))).toBe(bits)
    }
  })
})

describe('decodeBase64', () => {
  it.each(['AAA', 'AA=', 'A===', 'AAAA=', 'AA==AA==', 'AAB=', 'AA-_', 'AA A!'])('refuses %s', text => {
    expect(decodeBase64(text)).toBeUndefined()
  })
  it('decodes what was encoded, even with blanks in it', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        const text = Buffer.from(bytes).toString('base64')
        expect(decodeBase64(text)?.equals(bytes)).toBe(true)
        expect(decodeBase64(` ${text}\r\n`)?.equals(bytes)).toBe(true)
      }),
      { numRuns: runs(300) },
    )
  })
})
