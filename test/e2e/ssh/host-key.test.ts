import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { cleanUp, me, refusal, whoami } from './client.ts'
import { type Sshd, startSshd, whyNoSshd } from './sshd.ts'

const missing = whyNoSshd()

describe.skipIf(missing)(`host keys${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let m1: Sshd
  let jump: Sshd

  beforeAll(async () => {
    ;[m1, jump] = await Promise.all([startSshd(), startSshd()])
    // A client without a key must not use the developer's keys.
    vi.stubEnv('SSH_AUTH_SOCK', '')
  })
  afterEach(cleanUp)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await Promise.all([m1?.stop(), jump?.stop()])
  })

  const other = () => jump.hostKey('ed25519')
  const write = (name: string, ...lines: string[]) => {
    const file = join(m1.directory, name)
    writeFileSync(file, lines.map(line => `${line}\n`).join(''))
    return { knownHostsFiles: [file] }
  }
  const name = () => `[127.0.0.1]:${m1.port}`

  it('refuses an unknown key, with its fingerprint and both possible next steps', async () => {
    const error = await refusal(m1.target(write('empty')))
    const shown = execFileSync('ssh-keygen', ['-lf', join(m1.directory, 'host_ed25519.pub')], { encoding: 'utf8' }).split(' ')[1]
    expect(error.message).toContain(`ssh-ed25519 ${shown}`)
    expect(error.hint).toMatch(/ssh-keyscan -p \d+ '127\.0\.0\.1' >> .*--accept-new-host-keys/)
  })

  it('learns an unknown key once if that is allowed', async () => {
    const file = join(m1.directory, 'fresh', 'known_hosts')
    const target = m1.target({ knownHostsFiles: [file], acceptNewHostKeys: true })
    expect(await whoami(target)).toBe(me)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const learned = readFileSync(file, 'utf8')
    expect(await whoami({ ...target, acceptNewHostKeys: false })).toBe(me)
    expect(await whoami(target)).toBe(me)
    expect(readFileSync(file, 'utf8')).toBe(learned)
  })

  it('refuses a changed key, even if it may learn, and names the line', async () => {
    const changed = write('changed', '# comment', `${name()} ${other()}`)
    const error = await refusal(m1.target({ ...changed, acceptNewHostKeys: true }))
    expect(error.message).toContain('HAS CHANGED')
    expect(error.message).toContain(`${changed.knownHostsFiles[0]}:2`)
  })

  it('requests the type of the known key', async () => {
    expect(await whoami(m1.target(write('rsa', `${name()} ${m1.hostKey('rsa')}`)))).toBe(me)
  })

  it('reads names hashed by ssh-keygen -H', async () => {
    const hashed = write('hashed', `${name()} ${m1.hostKey('ed25519')}`)
    execFileSync('ssh-keygen', ['-q', '-H', '-f', hashed.knownHostsFiles[0] ?? ''], { stdio: 'ignore' })
    expect(readFileSync(hashed.knownHostsFiles[0] ?? '', 'utf8')).toContain('|1|')
    expect(await whoami(m1.target(hashed))).toBe(me)
  })

  it('refuses a revoked key', async () => {
    const revoked = write('revoked', `${name()} ${m1.hostKey('ed25519')}`, `@revoked * ${m1.hostKey('ed25519')}`)
    expect((await refusal(m1.target(revoked))).message).toContain('REVOKED')
  })

  it('fails on a file that it cannot read', async () => {
    expect((await refusal(m1.target({ knownHostsFiles: [m1.directory] }))).message).toContain('cannot read the known host keys')
  })
})
