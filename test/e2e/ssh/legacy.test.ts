import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ConnectionTarget } from '../../../lib/ssh/connection.ts'
import { cliIn } from '../../lib/cli/run.ts'
import { me, refusal, whoami } from './client.ts'
import { newKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts'

// CentOS 6 has OpenSSH 5.3: only RSA and DSA keys, all signed with SHA-1, and no better MAC than HMAC-SHA-1.
// Today's sshd differs in one respect: it always announces better signature algorithms, and the client uses them.

const missing = whyNoSshd()
const oldAlgorithms = {
  KexAlgorithms: 'diffie-hellman-group14-sha1',
  HostKeyAlgorithms: 'ssh-rsa',
  Ciphers: 'aes128-ctr',
  MACs: 'hmac-sha1',
}
const lines = (options: Partial<typeof oldAlgorithms>) => Object.entries(options).map(([name, value]) => `${name} ${value}`)

describe.skipIf(missing)(`an sshd with OpenSSH 5.3's algorithms${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let old: Sshd
  let key: string

  beforeAll(async () => {
    vi.stubEnv('SSH_AUTH_SOCK', '')
    old = await startSshd(lines(oldAlgorithms))
    key = newKey(old.directory, 'rsa', '', 'rsa')
    appendFileSync(join(old.directory, 'authorized_keys'), readFileSync(`${key}.pub`))
    writeFileSync(old.knownHosts, `[127.0.0.1]:${old.port} ${old.hostKey('rsa')}\n`)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await old?.stop()
  })

  const target = (more: Partial<ConnectionTarget> = {}) => old.target({ identityFiles: [key], ...more })

  it('is refused with a message that names the variable', async () => {
    const error = await refusal(target())
    expect(error.message).toMatch(/^M1: no ssh algorithm in common with its sshd \(no matching /)
    expect(error.hint).toContain('nfsha_ssh_legacy: true in its variables: it allows diffie-hellman-group14-sha1, ssh-rsa and hmac-sha1')
  })

  it('runs commands if the variable is set, and still verifies the host key', async () => {
    expect(await whoami(target({ legacyAlgorithms: true }))).toBe(me)
    const stranger = join(old.directory, 'stranger')
    writeFileSync(stranger, '')
    expect((await refusal(target({ legacyAlgorithms: true, knownHostsFiles: [stranger] }))).message).toContain(
      'is not known: ssh-rsa SHA256:',
    )
  })

  it.each(['KexAlgorithms', 'HostKeyAlgorithms', 'MACs'] as const)('needs the variable even if only %s is old', async name => {
    // A cipher with its own authentication needs no MAC, and would hide that none is available.
    const sshd = await startSshd(lines({ [name]: oldAlgorithms[name], Ciphers: oldAlgorithms.Ciphers }))
    writeFileSync(sshd.knownHosts, `[127.0.0.1]:${sshd.port} ${sshd.hostKey(name === 'HostKeyAlgorithms' ? 'rsa' : 'ed25519')}\n`)
    try {
      expect((await refusal(sshd.target())).hint).toContain('nfsha_ssh_legacy: true')
      expect(await whoami(sshd.target({ legacyAlgorithms: true }))).toBe(me)
    } finally {
      await sshd.stop()
    }
  })

  it('applies to the host and not to its jump host', async () => {
    const modern = await startSshd()
    try {
      const through = modern.target({
        proxyJump: `${me}@127.0.0.1:${old.port}`,
        identityFiles: [key, modern.identity],
        knownHostsFiles: [old.knownHosts, modern.knownHosts],
        legacyAlgorithms: true,
      })
      expect((await refusal(through)).hint).toContain('nfsha_ssh_legacy: true')
    } finally {
      await modern.stop()
    }
  })

  it('can be reached from the command line if the inventory sets the variable for the host', () => {
    const login = `ansible_host=127.0.0.1 ansible_port=${old.port} ansible_user=${me} ansible_ssh_private_key_file=${key}`
    const hosts = join(old.directory, 'hosts')
    writeFileSync(
      hosts,
      `[old]\nM1 ${login} nfsha_ssh_legacy=true\nM2 ${login}\n[old:vars]\nansible_ssh_common_args="-o UserKnownHostsFile=${old.knownHosts}"\n`,
    )
    const { status, stdout } = cliIn(old.directory, ['ping', 'old', '-i', hosts])
    expect(stdout).toMatch(/^M1 {2}(?!unreachable)/m)
    expect(stdout).toMatch(/^M2 {2}unreachable: no ssh algorithm in common/m)
    expect(status).toBe(4)
  })
})
