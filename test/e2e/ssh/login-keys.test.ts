import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ConnectionTarget } from '../../../lib/ssh/connection.ts'
import { cleanUp, me, refusal, startAgent, useSshConfig, whoami } from './client.ts'
import { newKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts'

const missing = whyNoSshd()
const types = ['ed25519', 'rsa', 'ecdsa'] as const

describe.skipIf(missing)(`login keys${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let m1: Sshd
  let ca: string

  beforeAll(async () => {
    vi.stubEnv('SSH_AUTH_SOCK', '')
    m1 = await startSshd()
    ca = newKey(m1.directory, 'user-ca')
  })
  afterEach(cleanUp)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await m1?.stop()
  })

  let count = 0
  const key = (type: (typeof types)[number] = 'ed25519') => newKey(m1.directory, `key-${count++}`, '', type)
  const allowed = (file: string) => {
    writeFileSync(join(m1.directory, 'authorized_keys'), readFileSync(`${file}.pub`))
    return file
  }
  /** Renames the private key, so that only the agent, or nobody, has it. */
  const hide = (file: string) => {
    const hidden = `${file}-hidden`
    copyFileSync(file, hidden)
    chmodSync(hidden, 0o600)
    writeFileSync(file, '')
    return hidden
  }
  const target = (...identityFiles: string[]): ConnectionTarget => m1.target({ identityFiles })
  const withoutKeys = (): ConnectionTarget => {
    const { identityFiles: _, ...rest } = m1.target()
    return rest
  }

  describe('a public key file selects the key that the agent holds', () => {
    it.each(types)('%s', async type => {
      const file = allowed(key(type))
      const hidden = hide(file)
      await startAgent(m1.directory, ...Array.from({ length: 7 }, () => key()), hidden)
      expect(await whoami(target(`${file}.pub`))).toBe(me)
      useSshConfig(m1.directory, 'Host *', 'IdentitiesOnly yes', `IdentityFile ${file}.pub`)
      expect(await whoami(withoutKeys())).toBe(me)
      useSshConfig(m1.directory, 'Host *', 'IdentitiesOnly yes', `IdentityFile ${file}`)
      expect(await whoami(withoutKeys())).toBe(me)
    })

    it('IdentitiesOnly excludes the other keys', async () => {
      const [mine, other] = [allowed(key()), key()]
      await startAgent(m1.directory, mine)
      useSshConfig(m1.directory, 'Host *', 'IdentitiesOnly yes', `IdentityFile ${other}.pub`)
      expect((await refusal(withoutKeys())).message).toContain('there was no key and no password to try')
      useSshConfig(m1.directory, 'Host *', 'IdentitiesOnly no', `IdentityFile ${other}.pub`)
      expect(await whoami(withoutKeys())).toBe(me)
    })

    it('reports that the agent does not have the key', async () => {
      const file = key()
      expect((await refusal(target(`${file}.pub`))).message).toContain(`${file}.pub is a public key, and no agent holds its private key`)
    })
  })

  it('a named key excludes the default keys, as with ssh', async () => {
    const [mine, other] = [allowed(key()), key()]
    useSshConfig(m1.directory, 'Host *', `IdentityFile ${mine}`)
    expect(await whoami(withoutKeys())).toBe(me)
    expect(await whoami(target(other))).toBe(me)
    useSshConfig(m1.directory, 'Host *')
    expect((await refusal(target(other))).message).toContain(`tried ${other};`)
  })

  it('a key file that others can read is not used, as with ssh', async () => {
    const file = allowed(key())
    chmodSync(file, 0o644)
    const error = await refusal(target(file))
    expect(error.message).toContain(`the key ${file} is not used: its permissions 0644 are too open (chmod 600 ${file})`)
  })

  it('an agent that never answers causes only a delay', async () => {
    const socket = join(m1.directory, 'silent')
    const silent = createServer(() => {})
    await new Promise<void>(resolve => silent.listen(socket, resolve))
    onTestFinished(() => void silent.close())
    vi.stubEnv('SSH_AUTH_SOCK', socket)
    onTestFinished(() => void vi.stubEnv('SSH_AUTH_SOCK', ''))
    expect(await whoami(target(allowed(key())))).toBe(me)
    expect((await refusal(target(key()))).message).toContain(`the ssh agent at ${socket} does not answer (no answer within 5 s)`)
  })

  it.each(['rsa-sha2-512', 'rsa-sha2-256'])('RSA keys sign with %s if nothing else is allowed', async algorithm => {
    const narrow = await startSshd([`PubkeyAcceptedAlgorithms ${algorithm}`])
    onTestFinished(() => narrow.stop())
    const file = newKey(narrow.directory, 'rsa', '', 'rsa')
    writeFileSync(join(narrow.directory, 'authorized_keys'), readFileSync(`${file}.pub`))
    useSshConfig(narrow.directory, 'Host *', `PubkeyAcceptedAlgorithms ${algorithm}`)
    expect(await whoami(narrow.target({ identityFiles: [file] }))).toBe(me)
    const hidden = join(narrow.directory, 'hidden')
    copyFileSync(file, hidden)
    await startAgent(narrow.directory, hidden)
    expect(await whoami(narrow.target({ identityFiles: [`${file}.pub`] }))).toBe(me)
  })

  describe('user certificates', () => {
    let trusting: Sshd
    beforeAll(async () => {
      trusting = await startSshd([`TrustedUserCAKeys ${ca}.pub`])
      writeFileSync(join(trusting.directory, 'authorized_keys'), '')
    })
    afterAll(() => trusting?.stop())

    const certified = (type: (typeof types)[number], ...more: string[]) => {
      const file = key(type)
      execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'test', '-n', me, ...more, `${file}.pub`], { stdio: 'ignore' })
      return file
    }
    const into = (more: Partial<ConnectionTarget>) => trusting.target({ identityFiles: [], ...more })

    it.each(types)('%s: beside its key, with CertificateFile, and in the agent', async type => {
      const file = certified(type)
      expect(await whoami(into({ identityFiles: [file] }))).toBe(me)

      const moved = `${file}-moved.pub`
      copyFileSync(`${file}-cert.pub`, moved)
      writeFileSync(`${file}-cert.pub`, '')
      await expect(whoami(into({ identityFiles: [file] }))).rejects.toThrow('refused the login')
      useSshConfig(m1.directory, 'Host *', `CertificateFile ${moved}`)
      expect(await whoami(into({ identityFiles: [file] }))).toBe(me)

      // ssh-add also adds the certificate beside the key.
      copyFileSync(moved, `${file}-cert.pub`)
      await startAgent(m1.directory, file)
      useSshConfig(m1.directory, 'Host *')
      expect(await whoami(into({ identityFiles: [] }))).toBe(me)
      useSshConfig(m1.directory, 'Host *', 'IdentitiesOnly yes', `IdentityFile ${file}-cert.pub`)
      hide(file)
      expect(await whoami(into({}))).toBe(me)
    })

    it.each(types)('%s: a certificate file for a key that the agent holds', async type => {
      const file = certified(type)
      const hidden = hide(file)
      await startAgent(m1.directory, hidden)
      expect(await whoami(into({ identityFiles: [file] }))).toBe(me)
    })

    it('are not used if PubkeyAcceptedAlgorithms does not contain them', async () => {
      const file = certified('ed25519')
      useSshConfig(m1.directory, 'Host *', 'PubkeyAcceptedAlgorithms ssh-ed25519')
      const error = await refusal(into({ identityFiles: [file] }))
      expect(error.message).toContain(`the certificate for ${file} is not tried: PubkeyAcceptedAlgorithms does not allow ssh-ed25519-cert`)
    })

    it('a host certificate is not used', async () => {
      const file = certified('ed25519', '-h')
      expect((await refusal(into({ identityFiles: [file] }))).message).toContain('is not tried: it is not a user certificate')
    })

    it('a certificate without its key is reported', async () => {
      const file = certified('ed25519')
      hide(file)
      const { message } = await refusal(into({ identityFiles: [file] }))
      expect(message).toContain('is not tried: its private key is neither in a file nor in the agent')
    })
  })

  it('two keys are used if the server requires both', async () => {
    const both = await startSshd(['AuthenticationMethods publickey,publickey'])
    onTestFinished(() => both.stop())
    const keys = [newKey(both.directory, 'a'), newKey(both.directory, 'b')]
    writeFileSync(join(both.directory, 'authorized_keys'), keys.map(file => readFileSync(`${file}.pub`, 'utf8')).join(''))
    expect(await whoami(both.target({ identityFiles: keys }))).toBe(me)
    expect((await refusal(both.target({ identityFiles: keys.slice(0, 1) }))).message).toContain('refused the login')
  })
})
