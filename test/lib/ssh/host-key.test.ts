import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HostKeyPolicy, judgeHostKey, type KnownKeys, learnHostKey, readKnownKeys } from '../../../lib/ssh/host-key.ts'
import { parseKnownHosts } from '../../../lib/ssh/known-hosts.ts'
import { fingerprint } from '../../../lib/ssh/public-key.ts'
import { fakeKey } from './fake-key.ts'

const policy: HostKeyPolicy = {
  host: 'M1',
  address: '192.168.1.1',
  port: 22,
  userFiles: ['/k'],
  globalFiles: [],
  revokedFiles: [],
  learn: false,
  hashNames: false,
  keyTypes: ['ssh-ed25519', 'ssh-rsa'],
  rsaSize: 1024,
}
const none: KnownKeys = { named: [], portless: [], byAddress: [], portlessByAddress: [] }
const parsed = (...lines: string[]) => parseKnownHosts(lines.join('\n'), '/k')
const known = (...lines: string[]): KnownKeys => ({ ...none, named: parsed(...lines) })
const line = (seed: string, type = 'ssh-ed25519', marker = '') => `${marker}192.168.1.1 ${type} ${fakeKey(seed, type).toString('base64')}`

const refusal = (verdict: ReturnType<typeof judgeHostKey>) => {
  if (verdict.accepted) throw new Error('accepted')
  return verdict.error
}

describe('judgeHostKey', () => {
  it('accepts a known key', () => {
    expect(judgeHostKey(policy, known(line('a'), line('b')), fakeKey('b'))).toEqual({ accepted: true, learn: false })
  })

  it('refuses an unknown one, with its fingerprint and both remedies', () => {
    const error = refusal(judgeHostKey(policy, none, fakeKey('a')))
    expect(error.message).toContain(`ssh-ed25519 ${fingerprint(fakeKey('a'))}`)
    expect(error.hint).toContain("ssh-keyscan '192.168.1.1' >> '/k'")
    expect(error.hint).toContain('--accept-new-host-keys')
  })

  it('stores an unknown one if requested', () => {
    expect(judgeHostKey({ ...policy, learn: true }, none, fakeKey('a'))).toEqual({ accepted: true, learn: true })
  })

  it.each([false, true])('refuses a changed one and names file and line (learn: %s)', learn => {
    const error = refusal(judgeHostKey({ ...policy, learn }, known('# x', line('a')), fakeKey('b')))
    expect(error.message).toContain('HAS CHANGED')
    expect(error.message).toContain('/k:2')
    expect(error.hint).toContain("ssh-keygen -f '/k' -R '192.168.1.1'")
  })

  it('refuses to store a key of another type for a known host', () => {
    expect(refusal(judgeHostKey({ ...policy, learn: true }, known(line('a', 'ssh-rsa')), fakeKey('b'))).message).toContain('/k:1')
  })

  it('refuses a revoked key, even if it is also listed as valid', () => {
    expect(
      refusal(judgeHostKey({ ...policy, learn: true }, known(line('a'), line('a', 'ssh-ed25519', '@revoked ')), fakeKey('a'))).message,
    ).toContain('REVOKED')
  })
})

describe('judgeHostKey, as ssh does', () => {
  const on2222 = { ...policy, port: 2222 }
  const judge = (keys: Partial<KnownKeys>, over: Partial<HostKeyPolicy> = {}) =>
    judgeHostKey({ ...on2222, ...over }, { ...none, ...keys }, fakeKey('a'))
  const learn = { learn: true }

  it('accepts a key that is known without its port, and stores no second line', () => {
    expect(judge({ portless: parsed(line('a')) })).toEqual({ accepted: true, learn: false })
    expect(judge({ portless: parsed(line('a')) }, learn)).toEqual({ accepted: true, learn: false })
  })
  it('does not treat another key without a port as changed: it may belong to another sshd', () => {
    expect(refusal(judge({ portless: parsed(line('b')) })).message).toContain('is not known')
    expect(judge({ portless: parsed(line('b')) }, learn)).toEqual({ accepted: true, learn: true })
    expect(refusal(judge({ portless: parsed(line('a')), named: parsed(line('b')) })).message).toContain('HAS CHANGED')
  })
  it('refuses a key that is revoked under any of the names', () => {
    const revoked = parsed(line('a', 'ssh-ed25519', '@revoked '))
    for (const name of ['named', 'portless', 'byAddress', 'portlessByAddress'])
      expect(refusal(judge({ [name]: revoked }, learn)).message).toContain('REVOKED host key')
  })
  it('refuses a known key whose address is known with another one (CheckHostIP)', () => {
    const error = refusal(judge({ named: parsed(line('a')), byAddress: parsed(line('b')) }))
    expect(error.message).toContain('known with another host key (CheckHostIP)')
    expect(judge({ named: parsed(line('a')), byAddress: parsed(line('a')) }).accepted).toBe(true)
    expect(refusal(judge({ byAddress: parsed(line('b')) }, learn)).message).toContain('CheckHostIP')
    expect(judge({ portless: parsed(line('a')), portlessByAddress: parsed(line('b')) }).accepted).toBe(false)
  })
  it('does not count a certificate authority as a key, and names its line', () => {
    const authority = parsed(line('b', 'ssh-ed25519', '@cert-authority '))
    const error = refusal(judge({ named: authority }))
    expect(error.message).toContain('/k:1 trusts a certificate authority for it, and host certificates are not supported')
    expect(error.hint).toContain('ssh-ed25519 AAAA')
    expect(refusal(judge({ named: parsed(line('a', 'ssh-ed25519', '@cert-authority ')) })).message).toContain('is not known')
    expect(refusal(judge({ named: authority }, learn)).message).toContain('/k:1 trusts a certificate authority')
  })
  it('refuses a type that HostKeyAlgorithms does not allow, and a short RSA key', () => {
    expect(refusal(judge({ named: parsed(line('a')) }, { keyTypes: ['ssh-rsa'] })).message).toContain(
      'which HostKeyAlgorithms does not allow',
    )
    const rsa = fakeKey('r', 'ssh-rsa')
    const short = judgeHostKey({ ...policy, rsaSize: 3072 }, known(line('r', 'ssh-rsa')), rsa)
    expect(refusal(short).message).toContain('presents an RSA host key of 2048 bits; RequiredRSASize is 3072')
    expect(judgeHostKey(policy, known(line('r', 'ssh-rsa')), rsa).accepted).toBe(true)
  })
  it.each([
    [{ userFiles: [] }, 'there is no UserKnownHostsFile'],
    [{ userFiles: ['/dev/null'] }, 'stores nothing'],
    [{ alias: 'a,b' }, 'does not allow'],
  ])('stores nothing with %j', (over, reason) => {
    expect(refusal(judge({}, { ...learn, ...over })).message).toContain(reason)
  })
})

describe('the files', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nfsha-host-key-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('are read for the names that ssh looks up', async () => {
    const file = join(directory, 'known_hosts')
    const field = (name: string) => line('a').replace('192.168.1.1', name)
    writeFileSync(file, ['m1', '[m1]:2222', 'Alias', '[10.0.0.1]:2222', '10.0.0.1'].map(field).join('\n'))
    const names = async (over: Partial<HostKeyPolicy>, ip?: string) => {
      const keys = await readKnownKeys({ ...policy, address: 'M1', userFiles: [file], ...over }, ip)
      return Object.fromEntries(
        Object.entries(keys).map(([name, lines]) => [name, (lines as { hosts: string }[]).map(one => one.hosts).join()]),
      )
    }
    expect(await names({})).toMatchObject({ named: 'm1', portless: '' })
    expect(await names({ port: 2222 })).toMatchObject({ named: '[m1]:2222', portless: 'm1', byAddress: '' })
    expect(await names({ port: 2222, alias: 'Alias' })).toMatchObject({ named: 'Alias', portless: '' })
    expect(await names({ port: 2222 }, '10.0.0.1')).toMatchObject({ byAddress: '[10.0.0.1]:2222', portlessByAddress: '10.0.0.1' })
  })

  it('a missing file counts as empty', async () => {
    expect(await readKnownKeys({ ...policy, userFiles: [join(directory, 'none')], globalFiles: ['/dev/null/none'] })).toEqual(none)
  })

  it('an unreadable file is an error', async () => {
    await expect(readKnownKeys({ ...policy, userFiles: [directory] })).rejects.toThrow(/M1: cannot read the known host keys: EISDIR/)
  })

  it('stores a key in a new file, 0600, and the key is known then', async () => {
    const userFiles = [join(directory, 'new', 'known_hosts')]
    for (const hashNames of [false, true]) {
      const learned = { ...policy, address: `10.0.0.${Number(hashNames)}`, userFiles, hashNames }
      await learnHostKey(learned, fakeKey('a'))
      expect(judgeHostKey(learned, await readKnownKeys(learned), fakeKey('a'))).toEqual({ accepted: true, learn: false })
    }
    expect(statSync(userFiles[0] ?? '').mode & 0o777).toBe(0o600)
    expect(readFileSync(userFiles[0] ?? '', 'utf8')).toMatch(/^10\.0\.0\.0 ssh-ed25519 .*\n\|1\|.*\n$/)
  })

  it('starts a new line after a last line without a line feed', async () => {
    const file = join(directory, 'known_hosts')
    writeFileSync(file, line('other').replace('192.168.1.1', 'other'))
    chmodSync(file, 0o600)
    await learnHostKey({ ...policy, userFiles: [file] }, fakeKey('a'))
    expect(parseKnownHosts(readFileSync(file, 'utf8'), file)).toHaveLength(2)
  })
})
