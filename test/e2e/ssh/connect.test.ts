import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { afterwards, cleanUp, me, refusal, startAgent, whoami } from './client.ts'
import { isRoot, newKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts'
import { createSudoUser } from './sudo-user.ts'

const missing = whyNoSshd()
const note = missing ? ` (skipped: ${missing})` : ''

describe.skipIf(missing)(`connect${note}`, () => {
  let m1: Sshd

  beforeAll(async () => {
    m1 = await startSshd()
    // A client without a key must not use the developer's keys.
    vi.stubEnv('SSH_AUTH_SOCK', '')
  })
  afterEach(cleanUp)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await m1?.stop()
  })

  describe('logging in', () => {
    it('with a key file', async () => {
      expect(await whoami(m1.target())).toBe(me)
    })

    it('with the agent', async () => {
      await startAgent(m1.directory, newKey(m1.directory, 'stranger'), m1.identity)
      expect(await whoami(m1.target({ identityFiles: [] }))).toBe(me)
    })

    it("with the agent's key for an encrypted file, before the agent's other keys", async () => {
      const file = newKey(m1.directory, 'encrypted', 'secret')
      appendFileSync(join(m1.directory, 'authorized_keys'), readFileSync(`${file}.pub`))
      const error = await refusal(m1.target({ identityFiles: [file] }))
      expect(error.message).toContain(`the key ${file} is encrypted: add it to ssh-agent (ssh-add ${file})`)
      const open = join(m1.directory, 'opened')
      writeFileSync(open, readFileSync(file), { mode: 0o600 })
      execFileSync('ssh-keygen', ['-q', '-p', '-P', 'secret', '-N', '', '-f', open], { stdio: 'ignore' })
      const strangers = Array.from({ length: 8 }, (_, i) => newKey(m1.directory, `stranger-${i}`))
      await startAgent(m1.directory, ...strangers, open)
      expect(await whoami(m1.target({ identityFiles: [file] }))).toBe(me)
    })

    it('reports what was tried, what the server accepts, and what to do', async () => {
      const stranger = newKey(m1.directory, 'other')
      const error = await refusal(m1.target({ identityFiles: [stranger, join(m1.directory, 'missing')] }))
      expect(error.message).toMatch(/^M1: .*@127\.0\.0\.1, port \d+ refused the login: tried .*other.*; the server accepts publickey/)
      expect(error.message).toMatch(/cannot read the key .*missing \(ENOENT\)/)
      expect(error.hint).toContain('--private-key')
    })

    it.skipIf(!isRoot)(`with a password${isRoot ? '' : ' (skipped: only root can create a user)'}`, async () => {
      const user = createSudoUser('password')
      const sshd = await startSshd(['PasswordAuthentication yes'])
      try {
        const target = sshd.target({ user: user.name, identityFiles: [], password: user.password })
        expect(await whoami(target)).toBe(user.name)
        const error = await refusal({ ...target, password: 'falsch-geheim' })
        expect(error.message).toContain('tried password')
        expect(`${error.message}${error.hint}${error.stack}`).not.toContain('falsch-geheim')
      } finally {
        await sshd.stop()
        user.remove()
      }
    })
  })

  describe('an unreachable host', () => {
    it('refuses the connection', async () => {
      const error = await refusal(m1.target({ port: 1 }))
      expect(error.message).toContain('M1: cannot connect to 127.0.0.1, port 1')
      expect(error.message).toContain('ECONNREFUSED')
    })

    it('never answers', async () => {
      const silent = createServer(() => {})
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
      const { port } = silent.address() as { port: number }
      try {
        const error = await refusal(m1.target({ port, connectTimeout: 500 }))
        expect(error.message).toContain('Timed out')
      } finally {
        silent.close()
      }
    })
  })

  it.skipIf(!isRoot)('names a login shell that does not run commands', async () => {
    const user = createSudoUser('nologin')
    try {
      const shell = join(m1.directory, 'nologin')
      writeFileSync(shell, '#!/bin/sh\necho "This account is currently not available."\nexit 1\n')
      chmodSync(shell, 0o755)
      execFileSync('usermod', ['-s', shell, user.name])
      const { message } = await refusal(m1.target({ user: user.name }))
      expect(message).toContain(`M1: the shell of ${user.name} ended with exit code 1 before the script started: `)
      expect(message).toContain('This account is currently not available.')
    } finally {
      user.remove()
    }
  })

  it('accepts a login shell that prints a greeting', async () => {
    const file = join(m1.directory, '.bashrc')
    writeFileSync(file, 'echo welcome; echo "on stderr too" >&2; printf "no newline"\n')
    afterwards(() => writeFileSync(file, ''))
    const connection = await connect(m1.target())
    expect(await connection.run('echo out; echo err >&2')).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' })
    await connection.close()
  })

  it.skipIf(!existsSync('/usr/bin/busybox'))("leaves its input to a script though busybox's head reads ahead", async () => {
    const tools = join(m1.directory, 'tools')
    mkdirSync(tools)
    symlinkSync('/usr/bin/busybox', join(tools, 'head'))
    const file = join(m1.directory, '.bashrc')
    writeFileSync(file, `PATH=${tools}:$PATH\n`)
    afterwards(() => writeFileSync(file, ''))
    const connection = await connect(m1.target())
    const { stdout } = await connection.run('readlink "$(command -v head)"; cat', { input: 'all of it' })
    expect(stdout).toBe('/usr/bin/busybox\nall of it')
    await connection.close()
  })

  it('times out a login shell that never starts the script, but not a slow script', async () => {
    const connection = await connect(m1.target(), { startLimit: 800 })
    expect((await connection.run('sleep 1.2; echo done')).stdout).toBe('done\n')
    const file = join(m1.directory, '.bashrc')
    writeFileSync(file, 'sleep 300\n')
    afterwards(() => writeFileSync(file, ''))
    await expect(connection.run('true')).rejects.toThrow('M1: the shell did not answer within 1 s')
    await connection.close()
  })

  it('waits if the server allows fewer sessions', async () => {
    const narrow = await startSshd(['MaxSessions 2'])
    onTestFinished(() => narrow.stop())
    const connection = await connect(narrow.target())
    const results = await Promise.all(Array.from({ length: 12 }, (_, i) => connection.run(`sleep 0.05; echo ${i}`)))
    expect(results.map(result => result.stdout.trim())).toEqual(Array.from({ length: 12 }, (_, i) => String(i)))
    expect(connection.counts).toEqual({ connections: 1, execs: 12 })
    await connection.close()
  })
})
