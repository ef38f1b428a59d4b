import { homedir } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ConnectionTarget } from '../../../lib/ssh/connection.ts'
import { expandTokens, parseSshG, resolveHostConfig, sshGArguments } from '../../../lib/ssh/openssh-config.ts'
import { parseJumps } from '../../../lib/ssh/proxy-jump.ts'

const target: ConnectionTarget = { name: 'M1', kind: 'ssh', address: 'm1' }

/** `ssh -G` of OpenSSH 9.2 for a host of a user's configuration, shortened. */
const answer = `host m1
user admin
hostname 192.168.1.1
port 2222
identitiesonly yes
stricthostkeychecking ask
hashknownhosts no
identityagent ~/agent.sock
identityfile ~/.ssh/id_%r
identityfile /keys/second
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
userknownhostsfile "/home/a b/known" ~/.ssh/known_hosts2
proxyjump jump.example
`

describe('resolveHostConfig', () => {
  afterEach(() => vi.unstubAllEnvs())

  it("takes the user's configuration", () => {
    expect(resolveHostConfig(target, parseSshG(answer))).toEqual({
      address: '192.168.1.1',
      port: 2222,
      user: 'admin',
      identityFiles: [`${homedir()}/.ssh/id_admin`, '/keys/second'],
      identitiesOnly: true,
      agent: `${homedir()}/agent.sock`,
      knownHostsFiles: ['/home/a b/known', `${homedir()}/.ssh/known_hosts2`, '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      hostKeyAlias: undefined,
      hashKnownHosts: false,
      learnHostKeys: false,
      proxyJump: 'jump.example',
      proxyCommand: undefined,
    })
  })

  it("puts the inventory's values over it", () => {
    const mine = {
      ...target,
      port: 22,
      user: 'root',
      identityFiles: ['~/mine'],
      knownHostsFiles: ['/mine'],
      proxyJump: 'other',
      acceptNewHostKeys: true,
    }
    const config = resolveHostConfig(mine, parseSshG(answer))
    expect(config).toMatchObject({ port: 22, user: 'root', proxyJump: 'other', learnHostKeys: true })
    expect(config.identityFiles[0]).toBe(`${homedir()}/mine`)
    expect(config.knownHostsFiles[0]).toBe('/mine')
  })

  it("without ssh has OpenSSH's defaults", () => {
    vi.stubEnv('SSH_AUTH_SOCK', '/agent')
    const config = resolveHostConfig({ ...target, user: 'root' }, new Map())
    expect(config).toMatchObject({ address: 'm1', port: 22, agent: '/agent', learnHostKeys: false, proxyJump: undefined })
    expect(config.identityFiles).toHaveLength(3)
  })

  it.each([
    ['none', undefined],
    ['SSH_AUTH_SOCK', '/agent'],
    ['$OTHER', '/other'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ssh_config's own syntax
    ['${OTHER}', '/other'],
    ['~/x', `${homedir()}/x`],
  ])('IdentityAgent %s', (value, agent) => {
    vi.stubEnv('SSH_AUTH_SOCK', '/agent')
    vi.stubEnv('OTHER', '/other')
    expect(resolveHostConfig(target, new Map([['identityagent', [value]]])).agent).toBe(agent)
  })

  it.each([
    ['accept-new', true],
    ['no', true],
    ['false', true],
    ['yes', false],
    ['true', false],
    ['ask', false],
  ])('StrictHostKeyChecking %s learns unknown keys: %s', (value, learns) => {
    expect(resolveHostConfig(target, new Map([['stricthostkeychecking', [value]]])).learnHostKeys).toBe(learns)
  })

  it('expands the tokens of a ProxyCommand', () => {
    expect(resolveHostConfig(target, parseSshG(`${answer.replace(/proxyjump.*\n/, '')}proxycommand nc %h %p %%\n`)).proxyCommand).toBe(
      'nc 192.168.1.1 2222 %',
    )
  })

  it('leaves unknown tokens alone', () => {
    expect(expandTokens('%Q %n', { original: 'm1', address: 'a', port: 22, user: 'u' })).toBe('%Q m1')
  })
})

describe('sshGArguments', () => {
  it('asks with what the inventory says, and lets no address be an option', () => {
    expect(sshGArguments({ ...target, address: '-oProxyCommand=x', port: 2222, user: 'root', proxyJump: 'a' })).toEqual([
      ...['-G', '-p', '2222', '-l', 'root', '-o', 'ProxyJump=a', '--', '-oProxyCommand=x'],
    ])
  })
})

describe('parseJumps', () => {
  it.each([
    ['jump', [{ address: 'jump' }]],
    ['root@jump:2222', [{ address: 'jump', port: 2222, user: 'root' }]],
    ['a, b@c:1', [{ address: 'a' }, { address: 'c', port: 1, user: 'b' }]],
    ['[fe80::1]:22', [{ address: 'fe80::1', port: 22 }]],
    ['ssh://u@h:9/', [{ address: 'h', port: 9, user: 'u' }]],
  ])('%s', (text, targets) => {
    expect(parseJumps('M1', text).map(jump => jump.target)).toEqual(targets)
  })

  it('refuses what is none', () => {
    expect(() => parseJumps('M1', 'a:b:c')).toThrow('M1: ProxyJump: "a:b:c" is not [user@]host[:port]')
  })
})
