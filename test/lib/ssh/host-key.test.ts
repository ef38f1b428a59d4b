import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fingerprint, type HostKeyPolicy, judgeHostKey, learnHostKey, readKnownKeys } from '../../../lib/ssh/host-key.ts'
import { parseKnownHosts } from '../../../lib/ssh/known-hosts.ts'
import { fakeKey } from './fake-key.ts'

const policy: HostKeyPolicy = { host: 'M1', address: '192.168.1.1', port: 22, files: ['/k'], learn: false, hashNames: false }
const known = (...lines: string[]) => parseKnownHosts(lines.join('\n'), '/k')
const line = (seed: string, type = 'ssh-ed25519', marker = '') => `${marker}192.168.1.1 ${type} ${fakeKey(seed, type).toString('base64')}`

function refusal(verdict: ReturnType<typeof judgeHostKey>) {
  if (verdict.accepted) throw new Error('accepted')
  return verdict.error
}

describe('judgeHostKey', () => {
  it('accepts a known key', () => {
    expect(judgeHostKey(policy, known(line('a'), line('b')), fakeKey('b'))).toEqual({ accepted: true, learn: false })
  })

  it('refuses an unknown one, with its fingerprint and both ways on', () => {
    const error = refusal(judgeHostKey(policy, [], fakeKey('a')))
    expect(error.message).toContain(`ssh-ed25519 ${fingerprint(fakeKey('a'))}`)
    expect(error.hint).toContain('ssh-keyscan 192.168.1.1 >> /k')
    expect(error.hint).toContain('--accept-new-host-keys')
  })

  it('learns an unknown one where that is asked for', () => {
    expect(judgeHostKey({ ...policy, learn: true }, [], fakeKey('a'))).toEqual({ accepted: true, learn: true })
  })

  it.each([false, true])('refuses a changed one and names file and line (learn: %s)', learn => {
    const error = refusal(judgeHostKey({ ...policy, learn }, known('# x', line('a')), fakeKey('b')))
    expect(error.message).toContain('HAS CHANGED')
    expect(error.message).toContain('/k:2')
    expect(error.hint).toContain("ssh-keygen -R '192.168.1.1'")
  })

  it('refuses to learn another type of a host that is known by one', () => {
    expect(refusal(judgeHostKey({ ...policy, learn: true }, known(line('a', 'ssh-rsa')), fakeKey('b'))).message).toContain('/k:1')
  })

  it('refuses a revoked key, though it stands there as good too', () => {
    expect(
      refusal(judgeHostKey({ ...policy, learn: true }, known(line('a'), line('a', 'ssh-ed25519', '@revoked ')), fakeKey('a'))).message,
    ).toContain('REVOKED')
  })
})

describe('the files', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nfsha-host-key-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  it('a missing one is empty', async () => {
    expect(await readKnownKeys({ ...policy, files: [join(directory, 'none'), '/dev/null/none'] })).toEqual([])
  })

  it('one that is there and cannot be read is an error', async () => {
    await expect(readKnownKeys({ ...policy, files: [directory] })).rejects.toThrow(/M1: cannot read the known host keys: EISDIR/)
  })

  it('learns into a new file, 0600, and the key is known then', async () => {
    const files = [join(directory, 'new', 'known_hosts')]
    for (const hashNames of [false, true]) {
      const learned = { ...policy, address: `10.0.0.${Number(hashNames)}`, files, hashNames }
      await learnHostKey(learned, fakeKey('a'))
      expect(judgeHostKey(learned, await readKnownKeys(learned), fakeKey('a'))).toEqual({ accepted: true, learn: false })
    }
    expect(statSync(files[0] ?? '').mode & 0o777).toBe(0o600)
    expect(readFileSync(files[0] ?? '', 'utf8')).toMatch(/^10\.0\.0\.0 ssh-ed25519 .*\n\|1\|.*\n$/)
  })

  it('does not run into a last line without its end', async () => {
    const file = join(directory, 'known_hosts')
    writeFileSync(file, line('other').replace('192.168.1.1', 'other'))
    chmodSync(file, 0o600)
    await learnHostKey({ ...policy, files: [file] }, fakeKey('a'))
    expect(parseKnownHosts(readFileSync(file, 'utf8'), file)).toHaveLength(2)
  })
})
