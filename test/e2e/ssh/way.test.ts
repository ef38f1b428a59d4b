import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import type { ConnectionTarget } from '../../../lib/ssh/connection.ts'
import { cleanUp, me, refusal, startAgent, useSshConfig, whoami } from './client.ts'
import { newKey, type Sshd, startSshd, until, whyNoSshd } from './sshd.ts'

const missing = whyNoSshd()

describe.skipIf(missing)(`the route to a host${missing ? ` (skipped: ${missing})` : ''}`, () => {
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

  describe('through a jump host', () => {
    // Options of the inventory for the host do not apply to the jump host, as with ssh: its options are in the ssh configuration.
    const knowJump = () => useSshConfig(m1.directory, 'Host *', `UserKnownHostsFile ${jump.knownHosts}`)
    const through = (more: Partial<ConnectionTarget> = {}) =>
      m1.target({
        proxyJump: `${me}@127.0.0.1:${jump.port}`,
        identityFiles: [m1.identity, jump.identity],
        ...more,
      })

    it('runs commands behind it', async () => {
      knowJump()
      const connection = await connect(through())
      expect(jump.sessions()).toHaveLength(1)
      expect((await connection.run('id -un')).stdout.trim()).toBe(me)
      await connection.close()
      await until(() => jump.sessions().length === 0, 'the end of the connection to the jump host')
    })

    it('jumps over two', async () => {
      // A different name for the second: ssh treats two hops with the same name as a loop.
      const names = join(m1.directory, 'both')
      writeFileSync(
        names,
        `${readFileSync(m1.knownHosts)}${readFileSync(jump.knownHosts)}[localhost]:${m1.port} ${m1.hostKey('ed25519')}\n`,
      )
      const twice = `${me}@127.0.0.1:${jump.port},${me}@localhost:${m1.port}`
      useSshConfig(m1.directory, 'Host *', `UserKnownHostsFile ${names}`)
      expect(await whoami(through({ proxyJump: twice }))).toBe(me)
    })

    it('uses another route if the usual one is cut: to another address, and still expects the known key', async () => {
      const round = { jump: jump.target({ name: 'M2' }), address: 'localhost' }
      const connection = await connect(m1.target({ via: round }))
      expect(jump.sessions()).toHaveLength(1)
      expect((await connection.run('id -un')).stdout.trim()).toBe(me)
      await connection.close()
      const error = await refusal(m1.target({ via: round, knownHostsFiles: [jump.knownHosts] }))
      expect(error.message).toContain(`the host key of 127.0.0.1, port ${m1.port}, is not known`)
      await until(() => jump.sessions().length === 0, 'the end of the connections to the jump host')
    })

    it('verifies the jump host’s key too, with its own known_hosts', async () => {
      const error = await refusal(through({ knownHostsFiles: [m1.knownHosts, jump.knownHosts] }))
      expect(error.message).toContain(`the host key of 127.0.0.1, port ${jump.port}, is not known`)
    })

    it('reports that it cannot reach the host', async () => {
      knowJump()
      const error = await refusal(through({ port: 1 }))
      expect(error.message).toContain('the jump host 127.0.0.1 cannot connect to 127.0.0.1, port 1')
      expect(jump.sessions().length).toBeLessThanOrEqual(1)
    })
  })

  describe("the user's ssh configuration", () => {
    it('provides name, port, user, key, known_hosts and jump host', async () => {
      useSshConfig(
        m1.directory,
        'Host alias',
        ...['HostName 127.0.0.1', `Port ${m1.port}`, `User ${me}`, `IdentityFile ${m1.identity}`, 'ProxyJump over'],
        'Host over',
        ...['HostName 127.0.0.1', `Port ${jump.port}`, `User ${me}`, `IdentityFile ${jump.identity}`],
        'Host *',
        `UserKnownHostsFile ${m1.knownHosts} ${jump.knownHosts}`,
      )
      expect(await whoami({ name: 'M1', kind: 'ssh', address: 'alias' })).toBe(me)
    })

    it('uses only the configured key of the agent with IdentitiesOnly', async () => {
      await startAgent(m1.directory, ...Array.from({ length: 8 }, (_, i) => newKey(m1.directory, `more-${i}`)), m1.identity)
      useSshConfig(m1.directory, 'Host *', 'IdentitiesOnly yes', `IdentityFile ${m1.identity}`)
      expect(await whoami(m1.target({ identityFiles: [] }))).toBe(me)
      useSshConfig(m1.directory, 'Host *', 'IdentitiesOnly yes', `IdentityFile ${newKey(m1.directory, 'only')}`)
      expect((await refusal(m1.target({ identityFiles: [] }))).message).toContain('tried ')
    })

    it('runs a ProxyCommand', async () => {
      const relay = join(m1.directory, 'relay.mjs')
      writeFileSync(
        relay,
        "import { connect } from 'node:net'\nconst [, , host, port] = process.argv\nconst s = connect(Number(port), host)\nprocess.stdin.pipe(s).pipe(process.stdout)\n",
      )
      useSshConfig(m1.directory, 'Host *', `ProxyCommand ${process.execPath} ${relay} %h %p`)
      expect(await whoami(m1.target())).toBe(me)
    })

    it.each([
      ['false', /no ssh connection to .*, through `false`/],
      ["sh -c 'echo no such bastion >&2; exit 3'", /no ssh connection to .* which printed: no such bastion/],
      ['sh -c "exec 2>&-; sleep 0.2"', /no ssh connection to /],
      ['/nonexistent/program', /no ssh connection to .*not found/],
      ['echo SSH-1.5-old', /no ssh connection to /],
    ])('reports that the ProxyCommand %s failed, and its output', async (command, message) => {
      useSshConfig(m1.directory, 'Host *', `ProxyCommand ${command}`)
      expect((await refusal(m1.target())).message).toMatch(message)
    })

    it('an invalid configuration is an error, and is not ignored', async () => {
      useSshConfig(m1.directory, 'Host *', 'NoSuchOption yes')
      const error = await refusal(m1.target())
      expect(error.message).toContain('M1: ssh cannot read its configuration')
      expect(error.message).toContain('NoSuchOption'.toLowerCase())
    })
  })
})
