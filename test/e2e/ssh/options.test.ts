import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { connectionTarget } from '../../../lib/config/connection.ts'
import { parseSshG } from '../../../lib/ssh/openssh-config.ts'
import { findOption } from '../../../lib/ssh/ssh-options.ts'
import { inventoryOf } from '../../lib/config/workspace.ts'
import { cleanUp, me, refusal, useSshConfig, whoami } from './client.ts'
import { newKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts'

const missing = whyNoSshd()

describe.skipIf(missing)(`options of ssh_config${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let m1: Sshd
  let other: Sshd

  beforeAll(async () => {
    ;[m1, other] = await Promise.all([startSshd(), startSshd()])
    vi.stubEnv('SSH_AUTH_SOCK', '')
  })
  afterEach(cleanUp)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await Promise.all([m1?.stop(), other?.stop()])
  })

  const file = (name: string, text: string | Buffer) => {
    const path = join(m1.directory, name)
    writeFileSync(path, text)
    return path
  }
  const withOptions = (...lines: string[]) => useSshConfig(m1.directory, 'Host *', ...lines)

  it('has a decision for every option of the installed ssh', () => {
    const said = parseSshG(execFileSync('ssh', ['-G', '-F', '/dev/null', 'm1'], { encoding: 'utf8' }))
    expect(said.size).toBeGreaterThan(60)
    expect([...said.keys()].filter(keyword => keyword !== 'host' && !findOption(keyword))).toEqual([])
  })

  it.each([
    'AddressFamily inet6',
    'HostKeyAlgorithms rsa-sha2-512',
    'PubkeyAuthentication no',
    'PreferredAuthentications password',
    'PubkeyAcceptedAlgorithms rsa-sha2-512',
    'RequiredRSASize 16384',
    'KnownHostsCommand /bin/false',
    'BindInterface lo',
    'BindAddress 192.0.2.1',
    'HostKeyAlias somebody-else',
    'RemoteCommand true',
    'SessionType none',
    'KbdInteractiveDevices pam',
    'RekeyLimit 1G 1h',
    'Ciphers 3des-cbc',
    'MACs hmac-md5',
    'KexAlgorithms diffie-hellman-group1-sha1',
    'RevokedHostKeys /nonexistent/revoked',
    'GlobalKnownHostsFile /nonexistent/x',
  ])('%s is never ignored', async line => {
    const [name = '', ...value] = line.split(' ')
    if (name === 'RequiredRSASize') {
      const rsa = newKey(m1.directory, 'rsa-key', '', 'rsa')
      withOptions(line)
      expect((await refusal(m1.target({ identityFiles: [rsa] }))).message).toContain('it has 2048 bits; RequiredRSASize is 16384')
      return
    }
    withOptions(line)
    // The user's known_hosts file is given, so the system's is not needed.
    if (name === 'GlobalKnownHostsFile') return expect(await whoami(m1.target())).toBe(me)
    const error = await refusal(m1.target())
    const named = `${error.message} ${error.hint}`
    expect(named).toMatch(new RegExp(`${name}|${value.join(' ')}|HAS CHANGED|bind|EADDRNOTAVAIL`))
    expect(error.hint).toBeTruthy()
  })

  it.each([
    'Ciphers aes256-ctr',
    'MACs hmac-sha2-512',
    'KexAlgorithms ecdh-sha2-nistp521',
    'AddressFamily inet',
    'BindAddress 127.0.0.2',
    'ServerAliveInterval 3',
  ])('connects with %s', async line => {
    withOptions(line)
    expect(await whoami(m1.target())).toBe(me)
  })

  it('offers only the allowed ciphers', async () => {
    const narrow = await startSshd(['Ciphers aes128-gcm@openssh.com'])
    try {
      withOptions('Ciphers aes256-ctr')
      expect((await refusal(narrow.target())).message).toContain('no matching C->S cipher')
      withOptions('Ciphers aes256-ctr,aes128-gcm@openssh.com')
      expect(await whoami(narrow.target())).toBe(me)
    } finally {
      await narrow.stop()
    }
  })

  describe('RevokedHostKeys', () => {
    const krl = (...keys: string[]) => {
      const [list, path] = [file('to-revoke', keys.map(key => `${key}\n`).join('')), join(m1.directory, 'krl')]
      execFileSync('ssh-keygen', ['-q', '-k', '-f', path, list])
      return path
    }

    it.each([
      [
        'a list',
        () => file('revoked', `# stolen\n${other.hostKey('ed25519')}\n${m1.hostKey('ed25519')} comment\n`),
        /REVOKED.*revoked:3\)/,
      ],
      ['a key revocation list', () => krl(m1.hostKey('ed25519')), /REVOKED.*krl/],
      ['a list with a line that is no key', () => file('rubbish', 'what\n'), /cannot tell whether its host key is revoked: .*rubbish:1/],
      ['a list that is not there', () => join(m1.directory, 'no', 'where'), /cannot tell whether its host key is revoked: .*ENOENT/],
      ['a broken key revocation list', () => file('broken', 'SSHKRL\n\0broken'), /cannot tell whether its host key is revoked: .*broken/],
    ])('refuses with %s', async (_, make, message) => {
      const path = make()
      withOptions(`RevokedHostKeys ${path}`)
      expect((await refusal(m1.target())).message).toMatch(message)
      expect((await refusal(m1.target({ acceptNewHostKeys: true, knownHostsFiles: [join(m1.directory, 'fresh')] }))).message).toMatch(
        message,
      )
    })

    it.each([
      ['a list', () => file('others', `${other.hostKey('ed25519')}\n\n`)],
      ['a key revocation list', () => krl(other.hostKey('ed25519'))],
    ])('accepts with %s of other keys', async (_, make) => {
      withOptions(`RevokedHostKeys ${make()}`)
      expect(await whoami(m1.target())).toBe(me)
    })
  })

  it('an unknown option that a newer ssh prints is refused unless it has its default value', async () => {
    const bin = join(m1.directory, 'newer')
    mkdirSync(bin)
    const { PATH } = process.env
    const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim()
    const pretend = (value: string) => {
      const script = `#!/bin/sh\n${ssh} "$@" || exit\ncase "$*" in *dev/null*) echo newrestriction no;; *) echo newrestriction ${value};; esac\n`
      writeFileSync(join(bin, 'ssh'), script)
      chmodSync(join(bin, 'ssh'), 0o755)
    }
    vi.stubEnv('PATH', `${bin}:${PATH}`)
    try {
      pretend('no')
      expect(await whoami(m1.target())).toBe(me)
      pretend('yes')
      expect((await refusal(m1.target())).message).toContain('the ssh option newrestriction (yes) cannot be honoured')
    } finally {
      vi.stubEnv('PATH', PATH ?? '')
    }
  })

  it('a configuration is an error if no ssh is installed to read it', async () => {
    const { PATH } = process.env
    vi.stubEnv('PATH', m1.directory)
    try {
      const error = await refusal(m1.target({ sshConfigFile: file('config', '') }))
      expect(error.message).toBe(`M1: the ssh client, which reads the ${m1.directory}/config, is not installed`)
      expect(error.hint).toContain('apt install openssh-client')
    } finally {
      vi.stubEnv('PATH', PATH ?? '')
    }
  })

  describe("ssh arguments in the inventory, as with Ansible's ssh connection", () => {
    const target = (args: string) => {
      const vars = {
        ansible_host: '127.0.0.1',
        ansible_port: m1.port,
        ansible_user: me,
        ansible_ssh_private_key_file: m1.identity,
        ansible_ssh_common_args: args,
      }
      // The user's own known_hosts file contains the host.
      withOptions(`UserKnownHostsFile ${m1.knownHosts}`)
      return connectionTarget(inventoryOf({ 'hosts.yml': JSON.stringify({ all: { hosts: { M1: vars } } }) }), 'M1')
    }

    it('connects with the known_hosts file of the user', async () => {
      expect(await whoami(target('-o ControlMaster=auto'))).toBe(me)
    })

    it.each([
      ['-o UserKnownHostsFile=PIN'],
      ['-oUserKnownHostsFile=PIN'],
      ["-o 'UserKnownHostsFile PIN'"],
      ['-o "UserKnownHostsFile PIN"'],
      ['-o userknownhostsfile=PIN'],
      [`-o 'UserKnownHostsFile="PIN"'`],
      ['-F CONFIG'],
      ['-o UserKnownHostsFile=PIN -o UserKnownHostsFile=GOOD'],
      ['-o UserKnownHostsFile=PIN -o GlobalKnownHostsFile=NONE -o StrictHostKeyChecking=accept-new'],
    ])('%s: the key in the known_hosts file of the user does not override a pinned key', async args => {
      const pin = file('pin', `[127.0.0.1]:${m1.port} ${other.hostKey('ed25519')}\n`)
      const config = file('pin-config', `UserKnownHostsFile ${pin}\n`)
      const values: Record<string, string> = { PIN: pin, GOOD: m1.knownHosts, NONE: join(m1.directory, 'missing'), CONFIG: config }
      const error = await refusal(target(args.replace(/PIN|GOOD|NONE|CONFIG/g, word => values[word] ?? '')))
      expect(error.message).toContain('HAS CHANGED')
      expect(error.message).toContain(`${pin}:1 has ssh-ed25519`)
    })

    it.each([['-o StrictHostKeyChecking=yes'], ['-oStrictHostKeyChecking=YES'], ["-o 'stricthostkeychecking true'"], ['']])(
      "an empty file in place of the user's knows nothing: %s",
      async strict => {
        const empty = file('empty', '')
        const args = `-o UserKnownHostsFile=${empty} -o GlobalKnownHostsFile=none ${strict}`
        expect((await refusal(target(args))).message).toContain('is not known')
        expect(await whoami(target(`-o UserKnownHostsFile=${empty} -o GlobalKnownHostsFile=${m1.knownHosts} ${strict}`))).toBe(me)
      },
    )

    it('yes in the inventory overrides accept-new in the configuration, and accept-new overrides ask', async () => {
      const fresh = join(m1.directory, 'learned')
      const config = file('accepting', `UserKnownHostsFile ${fresh}\nStrictHostKeyChecking accept-new\n`)
      expect((await refusal(target(`-F ${config} -o StrictHostKeyChecking=yes`))).message).toContain('is not known')
      expect(await whoami(target(`-o UserKnownHostsFile=${fresh} -o StrictHostKeyChecking=accept-new`))).toBe(me)
      expect(await whoami(target(`-F ${config} -o StrictHostKeyChecking=yes`))).toBe(me)
    })

    it('a pinned key is sufficient', async () => {
      expect(await whoami(target(`-o UserKnownHostsFile=${m1.knownHosts} -o StrictHostKeyChecking=yes`))).toBe(me)
    })

    it('other options are passed to ssh', async () => {
      const revoked = file('revoked-here', `${m1.hostKey('ed25519')}\n`)
      expect((await refusal(target(`-o RevokedHostKeys=${revoked}`))).message).toContain('REVOKED')
      expect((await refusal(target('-6'))).message).toContain('is not an IPv6 address')
      expect((await refusal(target('-o Ciphers=nonsense'))).message).toContain('ssh cannot read its configuration')
    })
  })
})
