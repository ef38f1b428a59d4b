import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { BecomeFailed, type Connection, type ConnectionTarget, Unreachable } from '../../../lib/ssh/connection.ts'
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

  async function as<T>(
    become: ConnectionTarget['become'],
    use: (connection: Connection) => Promise<T>,
    more: Partial<ConnectionTarget> = {},
  ): Promise<T> {
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

  it('without become runs as the login user', async () => {
    expect((await as(undefined, connection => connection.run('id -un'))).stdout).toBe(`${user.name}\n`)
  })

  it('with NOPASSWD, and the password is not sent', async () => {
    user.sudoers(`${user.name} ALL=(ALL) NOPASSWD: ALL`)
    for (const password of [undefined, user.password]) {
      const become = { user: 'root', ...(password ? { password } : {}) }
      const result = await as(become, connection => connection.run('id -un; cat', { input: 'input' }))
      expect(result).toEqual({ code: 0, stdout: 'root\ninput', stderr: '' })
    }
  })

  it('with a password, and nothing of sudo in the outputs', async () => {
    user.sudoers(`Defaults:${user.name} lecture=always`, `${user.name} ALL=(ALL) ALL`)
    const become = { user: 'root', password: user.password }
    const result = await as(become, connection => connection.run('id -un; echo err >&2; cat', { input: 'input' }))
    expect(result).toEqual({ code: 0, stdout: 'root\ninput', stderr: 'err\n' })
    expect((await as(become, connection => connection.$`id -un; echo $HOME`)).stdout).toBe('root\n/root\n')
  })

  it('shows the password to nobody: not in arguments, not in the environment', async () => {
    user.sudoers(`${user.name} ALL=(ALL) ALL`)
    const look = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"
    const { stdout } = await as({ user: 'root', password: user.password }, connection => connection.run(look))
    expect(stdout).toContain('nfsha-play')
    expect(stdout).not.toContain(user.password)
  })

  it('becomes another user than root', async () => {
    user.sudoers(`${user.name} ALL=(ALL) NOPASSWD: ALL`)
    expect((await as({ user: 'daemon' }, connection => connection.run('id -un'))).stdout).toBe('daemon\n')
  })

  it('needs no sudo where it is root already', async () => {
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

  it('explains a wrong password where sudo asks only once', async () => {
    user.sudoers(`Defaults:${user.name} passwd_tries=1`, `${user.name} ALL=(ALL) ALL`)
    expect((await refusal({ user: 'root', password: 'falsch' })).message).toContain('sudo did not accept the password')
  })

  it('explains a missing password', async () => {
    user.sudoers(`${user.name} ALL=(ALL) ALL`)
    expect((await refusal({ user: 'root' })).message).toContain('sudo asks for a password and none was given')
  })

  it('explains missing rules', async () => {
    user.sudoers('# nothing')
    const error = await refusal({ user: 'root', password: user.password })
    expect(error.message).toContain('sudo does not let the login user become root')
    expect(error.hint).toContain(`${user.name} ALL=(root) NOPASSWD: ALL`)
  })

  it('explains requiretty', async () => {
    user.sudoers(`Defaults:${user.name} requiretty`, `${user.name} ALL=(ALL) NOPASSWD: ALL`)
    const error = await refusal({ user: 'root', password: user.password })
    expect(error.message).toContain('requiretty')
    expect(error.hint).toContain(`Defaults:${user.name} !requiretty`)
  })

  it('explains a user that is not there', async () => {
    user.sudoers(`${user.name} ALL=(ALL) NOPASSWD: ALL`)
    expect((await refusal({ user: 'nfsha-nobody' })).message).toContain('there is no user nfsha-nobody')
  })
})
