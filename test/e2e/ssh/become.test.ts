import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { BecomeFailed, type Connection, type ConnectionTarget, ScriptTimeout, Unreachable } from '../../../lib/ssh/connection.ts'
import { isRoot, type Sshd, startSshd, whyNoSshd } from './sshd.ts'
import { createSudoUser, type SudoUser } from './sudo-user.ts'

const missing = isRoot ? whyNoSshd() : 'only root can make a user with sudo rules'

describe.skipIf(missing)(`become${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let sshd: Sshd
  let user: SudoUser
  beforeAll(async () => {
    sshd = await startSshd()
    user = createSudoUser('become')
  })
  afterAll(async () => {
    user?.remove()
    await sshd?.stop()
  })

  const as = async <T>(
    become: ConnectionTarget['become'],
    use: (connection: Connection) => Promise<T>,
    more: Partial<ConnectionTarget> = {},
  ): Promise<T> => {
    const connection = await connect(sshd.target({ user: user.name, ...(become ? { become } : {}), ...more }))
    try {
      return await use(connection)
    } finally {
      await connection.close()
    }
  }
  const refusal = async (become: ConnectionTarget['become']): Promise<BecomeFailed> => {
    const error = await as(become, connection => connection.run('true')).catch(reason => reason)
    expect(error).toBeInstanceOf(BecomeFailed)
    expect(error).toBeInstanceOf(Unreachable)
    expect(`${error.message}${error.hint}${error.stack}`).not.toContain(user.password)
    return error
  }

  it('runs as the login user without become', async () => {
    expect((await as(undefined, connection => connection.run('id -un'))).stdout).toBe(`${user.name}\n`)
  })

  it('works with NOPASSWD without sending the password', async () => {
    user.sudoers(`${user.name} ALL=(ALL) NOPASSWD: ALL`)
    for (const password of [undefined, user.password]) {
      const become = { user: 'root', ...(password ? { password } : {}) }
      const result = await as(become, connection => connection.run('id -un; cat', { input: 'input' }))
      expect(result).toEqual({ code: 0, stdout: 'root\ninput', stderr: '' })
    }
  })

  it('works with a password, without output from sudo', async () => {
    user.sudoers(`Defaults:${user.name} lecture=always`, `${user.name} ALL=(ALL) ALL`)
    const become = { user: 'root', password: user.password }
    const result = await as(become, connection => connection.run('id -un; echo err >&2; cat', { input: 'input' }))
    expect(result).toEqual({ code: 0, stdout: 'root\ninput', stderr: 'err\n' })
    expect((await as(become, connection => connection.$`id -un; echo $HOME`)).stdout).toBe('root\n/root\n')
  })

  it('never exposes the password in arguments or in the environment', async () => {
    user.sudoers(`${user.name} ALL=(ALL) ALL`)
    const look = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"
    const { stdout } = await as({ user: 'root', password: user.password }, connection => connection.run(look))
    expect(stdout).toContain('nfsha-play')
    expect(stdout).not.toContain(user.password)
  })

  it('becomes a user other than root', async () => {
    user.sudoers(`${user.name} ALL=(ALL) NOPASSWD: ALL`)
    expect((await as({ user: 'daemon' }, connection => connection.run('id -un'))).stdout).toBe('daemon\n')
  })

  it('needs no sudo if it is already root', async () => {
    const result = await as({ user: 'root', password: 'unused' }, connection => connection.run('id -un; env | grep ^SUDO_ || echo none'), {
      user: 'root',
    })
    expect(result.stdout).toBe('root\nnone\n')
  })

  it('explains a wrong password', async () => {
    user.sudoers(`${user.name} ALL=(ALL) ALL`)
    const error = await refusal({ user: 'root', password: 'falsch' })
    expect(error.message).toBe(`M1: cannot become root as ${user.name}: sudo did not accept the password`)
    expect(error.message).not.toContain('falsch')
    expect(error.hint).toContain('-K')
  })

  it('explains a wrong password if sudo asks only once', async () => {
    user.sudoers(`Defaults:${user.name} passwd_tries=1`, `${user.name} ALL=(ALL) ALL`)
    expect((await refusal({ user: 'root', password: 'falsch' })).message).toContain('sudo did not accept the password')
  })

  it('explains a missing password', async () => {
    user.sudoers(`${user.name} ALL=(ALL) ALL`)
    expect((await refusal({ user: 'root' })).message).toContain('sudo asks for a password and none was given')
  })

  it('explains missing sudo rules', async () => {
    user.sudoers('# nothing')
    const error = await refusal({ user: 'root', password: user.password })
    expect(error.message).toContain('sudo does not let the login user become root')
    expect(error.hint).toContain(`${user.name} ALL=(root) NOPASSWD: ALL`)
  })

  describe('if sudo requires a terminal (requiretty)', () => {
    const rules = (...tags: string[]) =>
      user.sudoers(`Defaults:${user.name} requiretty`, `${user.name} ALL=(ALL) ${[...tags, 'ALL'].join(' ')}`)
    const look = 'id -un; [ -t 0 ] || [ -t 1 ] || echo pipes; (: </dev/tty) && echo terminal; echo err >&2; cat; exit 3'
    const seen = { code: 3, stdout: 'root\npipes\nterminal\ninput', stderr: 'err\n' }

    it('allocates a terminal and keeps the streams clean', async () => {
      rules('NOPASSWD:')
      expect(await as({ user: 'root' }, connection => connection.run(look, { input: 'input' }))).toEqual(seen)
    })

    it('works with a password too', async () => {
      rules()
      const become = { user: 'root', password: user.password }
      expect(await as(become, connection => connection.run(look, { input: 'input' }))).toEqual(seen)
      expect((await refusal({ ...become, password: 'falsch' })).message).toContain('sudo did not accept the password')
    })

    it('is detected once, passes any bytes, and leaves nothing behind', async () => {
      rules('NOPASSWD:')
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 256)
      const list = () => readdirSync('/tmp').filter(name => /^nfsha-[0-9a-f]{24}$/.test(name))
      await as({ user: 'root' }, async connection => {
        const before = list()
        const received: Uint8Array[] = []
        await connection.run('cat', { input: bytes, onStdoutBytes: piece => received.push(piece) })
        expect(Buffer.concat(received).equals(bytes)).toBe(true)
        expect(connection.counts.execs).toBe(3)
        await connection.run('exit 1')
        expect(connection.counts.execs).toBe(5)
        const many = await Promise.all(Array.from({ length: 8 }, (_, i) => connection.run(`echo ${i}`)))
        expect(many.map(m => m.stdout.trim())).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
        expect((await connection.run('true', { input: 'never read' })).code).toBe(0)
        expect(list()).toEqual(before)
      })
    })

    it('reports that sshd gives no terminal', async () => {
      rules('NOPASSWD:')
      const strict = await startSshd(['PermitTTY no'])
      try {
        const connection = await connect(strict.target({ user: user.name, become: { user: 'root' } }))
        const error = await connection.run('true').catch(reason => reason)
        expect(error.message).toBe('M1: sudo requires a terminal (requiretty), and sshd does not allocate one')
        await connection.close()
      } finally {
        await strict.stop()
      }
    })

    it('ends a script that exceeds its time limit', async () => {
      rules('NOPASSWD:')
      await as({ user: 'root' }, async connection => {
        const error = await connection.run('echo $$ >&2; sleep 317.25', { timeout: 1_000 }).catch(reason => reason)
        expect(error).toBeInstanceOf(ScriptTimeout)
        expect((await connection.run("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 317.2[5]'")).stdout).toBe('0\n')
      })
    })
  })

  it('explains a user that does not exist', async () => {
    user.sudoers(`${user.name} ALL=(ALL) NOPASSWD: ALL`)
    expect((await refusal({ user: 'nfsha-nobody' })).message).toContain('there is no user nfsha-nobody')
  })
})
