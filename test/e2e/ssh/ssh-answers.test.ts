import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ConnectionTarget } from '../../../lib/ssh/connection.ts'
import { parseSshG, readHostConfig, resolveHostConfig, sshGArguments } from '../../../lib/ssh/openssh-config.ts'
import { runs } from '../../runs.ts'

const hasSsh = spawnSync('ssh', ['-V']).status === 0
const folder = mkdtempSync(join(tmpdir(), 'nfsha-answers-'))
afterAll(() => rmSync(folder, { recursive: true }))

let number = 0
const newFile = (text: string): string => {
  const file = join(folder, `config-${number++}`)
  writeFileSync(file, text)
  return file
}

const target = (address: string, more: Partial<ConnectionTarget> = {}): ConnectionTarget => ({ name: 'M1', kind: 'ssh', address, ...more })

/** The answer of ssh for this host alone. */
const alone = (one: ConnectionTarget) =>
  resolveHostConfig(one, parseSshG(execFileSync('ssh', sshGArguments(one), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })))

describe.skipIf(!hasSsh)(`the answers of ssh for many hosts${hasSsh ? '' : ' (skipped: no ssh)'}`, () => {
  const calls = join(folder, 'calls')
  const asked = () => readFileSync(calls, 'utf8').split('\n').length - 1
  beforeEach(() => {
    const bin = join(folder, `bin-${number++}`)
    mkdirSync(bin)
    const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim()
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\necho x >>${calls}\nexec ${ssh} "$@"\n`, { mode: 0o755 })
    writeFileSync(calls, '')
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
  })
  afterEach(() => vi.unstubAllEnvs())

  it('one call is enough if no section of the configuration is for some hosts only', async () => {
    const sshConfigFile = newFile('User anna\nHost *\n  ConnectTimeout 7\n')
    const hosts = Array.from({ length: 20 }, (_, i) => target(`10.0.0.${i + 1}`, { sshConfigFile }))
    const [first, ...rest] = await Promise.all(hosts.map(readHostConfig))
    expect(asked()).toBe(1)
    expect([first, ...rest].map(c => [c?.address, c?.user, c?.connectTimeout])).toEqual(hosts.map(h => [h.address, 'anna', 7000]))
  })

  it('ssh is called again after the file has changed', async () => {
    const sshConfigFile = newFile('User anna\n')
    expect((await readHostConfig(target('m1', { sshConfigFile }))).user).toBe('anna')
    expect((await readHostConfig(target('m2', { sshConfigFile }))).user).toBe('anna')
    writeFileSync(sshConfigFile, 'User berta\n')
    expect((await readHostConfig(target('m2', { sshConfigFile }))).user).toBe('berta')
    writeFileSync(sshConfigFile, 'Host m3\n  User carla\n')
    expect((await readHostConfig(target('m3', { sshConfigFile }))).user).toBe('carla')
    expect((await readHostConfig(target('m2', { sshConfigFile }))).user).not.toBe('carla')
  })

  it.each([
    ['a section for some hosts', 'Host m*\n  User anna\n'],
    ['a condition', 'Match host m1\n  User anna\n'],
    ['an address that is made from the name', 'HostName %h.example\n'],
    ['a token with a hash of the name', 'UserKnownHostsFile /tmp/known-%C\n'],
    ['a jump host', 'ProxyJump m9\n'],
    ['a section in an included file', `Include ${newFile('Host m1\n  Port 2222\n')}\n`],
  ])('ssh is called for each host if there is %s', async (_what, text) => {
    const sshConfigFile = newFile(text)
    const hosts = ['m1', 'm2', 'n1'].map(name => target(name, { sshConfigFile }))
    for (const host of hosts) expect(await readHostConfig(host)).toEqual(alone(host))
    expect(asked()).toBe(6)
  })

  it('the answers are the same as from a call for each host, whatever the configuration', async () => {
    const line = fc.constantFrom(
      ...[
        'User anna',
        'Port 2222',
        'Host *',
        'Host m1',
        'Host m? !m2',
        'Host',
        'HostName %h',
        'HostName other',
        'hostname=m1',
        '# Host m1',
      ],
      ...[
        'IdentityFile ~/.ssh/%h',
        'UserKnownHostsFile /k/%h',
        'UserKnownHostsFile /k/m1',
        'HostKeyAlias m1',
        'Match all',
        'Match host m1',
      ],
      ...['CanonicalizeHostname no', '  "ControlPath" /c/%C', 'Ciphers aes256-ctr', 'LogLevel QUIET', 'ProxyCommand nc %h', 'HOST\tm1 m2'],
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 4 }),
        fc.constantFrom('m1', 'M1', 'm2.example', '10.0.0.1', '127.1', '::1'),
        async (lines, name) => {
          const sshConfigFile = newFile(`${lines.join('\n')}\n`)
          const words = { sshConfigFile, ...(name === '::1' && { port: 22 }) }
          for (const host of ['m1', 'm2', name].map(address => target(address, words))) {
            const wanted = await Promise.resolve(host)
              .then(alone)
              .catch(() => undefined)
            const got = await readHostConfig(host).catch(() => undefined)
            expect(got).toEqual(wanted)
          }
        },
      ),
      { numRuns: Math.min(runs(10), 400) },
    )
  }, 300_000)
})
