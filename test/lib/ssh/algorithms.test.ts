import { describe, expect, it } from 'vitest'
import { algorithmsFor, allowedTypes, hostKeyAlgorithms, nothingInCommon } from '../../../lib/ssh/algorithms.ts'
import { parseKnownHosts } from '../../../lib/ssh/known-hosts.ts'
import { fakeKey } from './fake-key.ts'

const line = (type: string, seed = 'a', marker = '') => `${marker}192.168.1.1 ${type} ${fakeKey(seed, type).toString('base64')}`
const known = (...lines: string[]) => ({ named: parseKnownHosts(lines.join('\n'), '/k') })
const order = (lines: string[], list?: string[], legacy = false) => hostKeyAlgorithms({ HostKeyAlgorithms: list }, known(...lines), legacy)

/** `ssh -G` of OpenSSH 9.2, without the certificates. */
const defaultHostKeys = [
  ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ...['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com', 'rsa-sha2-512', 'rsa-sha2-256'],
]

describe('host key algorithms', () => {
  it('start with those of the known key types', () => {
    for (const list of [undefined, defaultHostKeys, [...defaultHostKeys, 'ssh-dss']])
      expect(order([line('ssh-rsa')], list).slice(0, 3)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519'])
    expect(order([])[0]).toBe('ssh-ed25519')
  })
  it('keep their order, as with ssh, when the preferred type is known', () => {
    expect(order([line('ssh-rsa'), line('ssh-ed25519')])).toEqual(order([]))
  })
  it("keep their order when the list is the user's, or when a certificate authority is known", () => {
    expect(order([line('ssh-rsa')], ['ssh-ed25519', 'rsa-sha2-512'])).toEqual(['ssh-ed25519', 'rsa-sha2-512'])
    expect(order([line('ssh-rsa')], ['rsa-sha2-256', ...defaultHostKeys])[0]).toBe('rsa-sha2-256')
    expect(order([line('ssh-rsa'), line('ssh-ed25519', 'b', '@cert-authority ')])).toEqual(order([]))
  })
  it('request the key instead of a certificate, and allow it only if the list contains its algorithm', () => {
    const list = ['ssh-ed25519-cert-v01@openssh.com', 'rsa-sha2-512']
    expect(order([], list)).toEqual(['ssh-ed25519', 'rsa-sha2-512'])
    expect(allowedTypes({ HostKeyAlgorithms: list }, false)).toEqual(['ssh-rsa'])
    expect(allowedTypes({}, false)).toContain('ssh-ed25519')
  })
  it('do not prefer a type whose first known key is revoked', () => {
    expect(order([line('ssh-rsa'), line('ssh-rsa', 'a', '@revoked ')])[0]).toBe('ssh-ed25519')
  })
  it('include SHA-1 signatures only if they are allowed', () => {
    expect(order([line('ssh-rsa')])).not.toContain('ssh-rsa')
    expect(order([line('ssh-rsa')], [...defaultHostKeys, 'ssh-rsa'])).not.toContain('ssh-rsa')
    expect(order([line('ssh-rsa')], undefined, true).slice(0, 3)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'])
    expect(order([], undefined, true).at(-1)).toBe('ssh-rsa')
  })
})

it('the same variable allows the other legacy algorithms', () => {
  expect(algorithmsFor('M1', {}, known(), false)).toMatchObject({ kex: { append: [] }, hmac: { remove: ['hmac-sha1'] } })
  expect(algorithmsFor('M1', {}, known(), true)).toMatchObject({ kex: { append: ['diffie-hellman-group14-sha1'] }, hmac: { remove: [] } })
})

describe("the user's lists", () => {
  it('exclude the algorithms that they do not contain', () => {
    const { cipher, hmac } = algorithmsFor('M1', { Ciphers: ['aes256-ctr', 'x'], MACs: ['hmac-sha2-512'] }, known(), true)
    expect(cipher).toMatchObject({ append: [], remove: expect.not.arrayContaining(['aes256-ctr']) })
    expect((cipher as { remove: string[] }).remove).toContain('aes128-ctr')
    expect(hmac).toMatchObject({ remove: expect.arrayContaining(['hmac-sha2-256', 'hmac-sha1-etm@openssh.com']) })
  })
  it.each(['HostKeyAlgorithms', 'KexAlgorithms', 'Ciphers', 'MACs'])('%s without a supported algorithm is an error with its name', name => {
    expect(() => algorithmsFor('M1', { [name]: ['mine@example'] }, known(), false)).toThrow(
      `M1: ${name} in the ssh configuration allows no supported algorithm: mine@example`,
    )
  })
})

describe('two sides without a common algorithm', () => {
  const failed = new Error('Handshake failed: no matching key exchange algorithm')
  it('names the variable that allows legacy ones', () => {
    const error = nothingInCommon('M1', failed, false)
    expect(error?.message).toBe('M1: no ssh algorithm in common with its sshd (no matching key exchange algorithm)')
    expect(error?.hint).toContain('nfsha_ssh_legacy: true')
  })
  it('does not name it if it is already set', () => {
    expect(nothingInCommon('M1', failed, true)?.hint).not.toContain('nfsha_ssh_legacy')
  })
  it('does not match other errors', () =>
    expect(nothingInCommon('M1', new Error('Timed out while waiting for handshake'), false)).toBeUndefined())
})
