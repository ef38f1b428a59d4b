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
identityagent /root/agent.sock
identityfile ~/.ssh/id_%r
identityfile /keys/second
globalknownhostsfile ~/global /etc/ssh/ssh_known_hosts2
userknownhostsfile /home/a b/known /root/known_hosts2
revokedhostkeys /etc/ssh/revoked
certificatefile ~/id-cert.pub
hostkeyalias Alias
checkhostip yes
addressfamily inet6
bindaddress 10.0.0.1
connecttimeout 7
requiredrsasize 2048
ciphers aes256-ctr,aes128-ctr
pubkeyacceptedalgorithms ssh-ed25519
passwordauthentication no
proxyjump jump.example
`

describe('resolveHostConfig', () => {
  afterEach(() => vi.unstubAllEnvs())

  it("uses the user's configuration", () => {
    expect(resolveHostConfig(target, parseSshG(answer))).toEqual({
      address: '192.168.1.1',
      port: 2222,
      user: 'admin',
      identityFiles: [`${homedir()}/.ssh/id_admin`, '/keys/second'],
      identitiesOnly: true,
      agent: '/root/agent.sock',
      certificateFiles: [`${homedir()}/id-cert.pub`],
      userKnownHostsFiles: ['/home/a b/known', '/root/known_hosts2'],
      globalKnownHostsFiles: [`${homedir()}/global`, '/etc/ssh/ssh_known_hosts2'],
      revokedHostKeys: ['/etc/ssh/revoked'],
      hostKeyAlias: 'Alias',
      hashKnownHosts: false,
      learnHostKeys: false,
      checkHostIp: true,
      proxyJump: 'jump.example',
      proxyCommand: undefined,
      family: 6,
      bindAddress: '10.0.0.1',
      connectTimeout: 7000,
      algorithms: { Ciphers: ['aes256-ctr', 'aes128-ctr'], HostKeyAlgorithms: undefined, KexAlgorithms: undefined, MACs: undefined },
      acceptedKeys: ['ssh-ed25519'],
      rsaSize: 2048,
      methods: ['publickey', 'keyboard-interactive'],
    })
  })

  it("overrides it with the inventory's values", () => {
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
    expect(config.userKnownHostsFiles).toEqual(['/mine'])
    expect(config.globalKnownHostsFiles).toHaveLength(2)
    expect(resolveHostConfig({ ...mine, globalKnownHostsFiles: [] }, parseSshG(answer)).globalKnownHostsFiles).toEqual([])
    expect(resolveHostConfig({ ...mine, proxyJump: 'none' }, parseSshG(answer))).toMatchObject({
      proxyJump: undefined,
      proxyCommand: undefined,
    })
  })

  it("uses OpenSSH's defaults without ssh", () => {
    vi.stubEnv('SSH_AUTH_SOCK', '/agent')
    const config = resolveHostConfig({ ...target, user: 'root' }, new Map())
    expect(config).toMatchObject({ address: 'm1', port: 22, agent: '/agent', learnHostKeys: false, proxyJump: undefined })
    expect(config.identityFiles).toHaveLength(3)
  })

  it.each([
    ['none', undefined],
    ['SSH_AUTH_SOCK', '/agent'],
    ['$OTHER', '/other'],
    ['/x', '/x'],
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
  ])('StrictHostKeyChecking %s stores unknown keys: %s', (value, learns) => {
    expect(resolveHostConfig(target, new Map([['stricthostkeychecking', [value]]])).learnHostKeys).toBe(learns)
  })

  it('expands the tokens of a ProxyCommand', () => {
    expect(resolveHostConfig(target, parseSshG(`${answer.replace(/proxyjump.*\n/, '')}proxycommand nc %h %p %%\n`)).proxyCommand).toBe(
      'nc 192.168.1.1 2222 %',
    )
  })

  it('refuses a value that would be a command in a ProxyCommand', () => {
    const options = parseSshG('hostname 10.0.0.1;id\nproxycommand nc %h %p\n')
    expect(() => resolveHostConfig(target, options)).toThrow("M1: '10.0.0.1;id' cannot be part of a ProxyCommand")
  })

  it('refuses tokens and variables that it cannot expand', () => {
    const tokens = { original: 'm1', address: 'a', port: 22, user: 'u' }
    expect(() => expandTokens('M1', '/x/%Q', tokens)).toThrow('M1: /x/%Q in the ssh configuration: %Q cannot be expanded')
    expect(() => expandTokens('M1', '/x/%', tokens)).toThrow('% cannot be expanded')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ssh_config's own syntax
    expect(() => expandTokens('M1', '${NOT_THERE}/x', tokens)).toThrow('the variable ${NOT_THERE} is not set')
    expect(() => resolveHostConfig(target, new Map([['identityfile', ['~bob/id']]]))).toThrow('M1: ~bob/id in the ssh configuration')
  })

  it.each([
    ['pubkeyauthentication false', ['keyboard-interactive', 'password']],
    ['pubkeyauthentication unbound', ['publickey', 'keyboard-interactive', 'password']],
    ['kbdinteractiveauthentication no', ['publickey', 'password']],
    ['batchmode yes', ['publickey']],
    ['numberofpasswordprompts 0', ['publickey']],
    ['preferredauthentications password,gssapi-with-mic,publickey', ['password', 'publickey']],
    ['preferredauthentications hostbased', []],
  ])('%s allows the login methods %j', (line, methods) => {
    expect(resolveHostConfig(target, parseSshG(line)).methods).toEqual(methods)
  })
})

describe('sshGArguments', () => {
  it('passes the inventory values as options, and an address is never an option', () => {
    expect(sshGArguments({ ...target, address: '-oProxyCommand=x', port: 2222, user: 'root', proxyJump: 'a' })).toEqual([
      ...['-G', '-p', '2222', '-l', 'root', '-o', 'ProxyJump=a', '--', '-oProxyCommand=x'],
    ])
    const more = { sshConfigFile: '/c', identityFiles: ['/a "b'], sshOptions: [{ name: 'Ciphers', value: 'aes256-ctr' }] }
    expect(sshGArguments({ ...target, ...more })).toEqual([
      ...['-G', '-F', '/c', '-o', 'IdentityFile="/a \\"b"', '-o', 'Ciphers=aes256-ctr', '--', 'm1'],
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

  it('refuses invalid syntax', () => {
    expect(() => parseJumps('M1', 'a:b:c')).toThrow('M1: ProxyJump: "a:b:c" is not [user@]host[:port]')
  })
})
