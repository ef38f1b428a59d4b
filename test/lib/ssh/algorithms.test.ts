import { describe, expect, it } from 'vitest'
import { algorithmsFor, hostKeyAlgorithms, nothingInCommon } from '../../../lib/ssh/algorithms.ts'
import { parseKnownHosts } from '../../../lib/ssh/known-hosts.ts'
import { fakeKey } from './fake-key.ts'

const rsa = parseKnownHosts(`192.168.1.1 ssh-rsa ${fakeKey('a', 'ssh-rsa').toString('base64')}`, '/k')

describe('host key algorithms', () => {
  it('are those of the known types first', () => {
    expect(hostKeyAlgorithms(rsa, false).slice(0, 3)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519'])
    expect(hostKeyAlgorithms([], false)[0]).toBe('ssh-ed25519')
  })
  it('have signatures with SHA-1 only where they are allowed', () => {
    expect(hostKeyAlgorithms(rsa, false)).not.toContain('ssh-rsa')
    expect(hostKeyAlgorithms(rsa, true).slice(0, 3)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'])
    expect(hostKeyAlgorithms([], true).at(-1)).toBe('ssh-rsa')
  })
})

it('the other old algorithms come with it', () => {
  expect(algorithmsFor([], false)).toMatchObject({ kex: { append: [] }, hmac: { remove: ['hmac-sha1'] } })
  expect(algorithmsFor([], true)).toMatchObject({ kex: { append: ['diffie-hellman-group14-sha1'] }, hmac: { remove: [] } })
})

describe('two sides that share nothing', () => {
  const failed = new Error('Handshake failed: no matching key exchange algorithm')
  it('names the variable that allows the old ones', () => {
    const error = nothingInCommon('M1', failed, false)
    expect(error?.message).toBe('M1: its sshd offers only ssh algorithms that are not used here (no matching key exchange algorithm)')
    expect(error?.hint).toContain('nfsha_ssh_legacy: true')
  })
  it('does not name it again where it is set', () => {
    expect(nothingInCommon('M1', failed, true)?.hint).not.toContain('nfsha_ssh_legacy')
  })
  it('is no other error', () => expect(nothingInCommon('M1', new Error('Timed out while waiting for handshake'), false)).toBeUndefined())
})
