import { homedir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { type ConnectionOptions, connectionTarget } from '../../../lib/config/connection.ts'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { failure, inventoryOf } from './workspace.ts'

const inventory = (vars: string) => inventoryOf({ hosts: `[nfs]\nM1 ${vars}\n` })
const target = (vars: string, options: ConnectionOptions = {}) => connectionTarget(inventory(vars), 'M1', options)
const problem = (vars: string) => failure(() => target(vars))

describe('connectionTarget', () => {
  it.each([
    ['', { name: 'M1', kind: 'ssh', address: 'M1' }],
    ['ansible_host=10.0.0.1 ansible_port=2222 ansible_user=ops', { address: '10.0.0.1', port: 2222, user: 'ops' }],
    ['ansible_ssh_host=a ansible_ssh_port=23 ansible_ssh_user=u ansible_ssh_pass=p', { address: 'a', port: 23, user: 'u', password: 'p' }],
    ['ansible_ssh_private_key_file=~/.ssh/id', { identityFiles: [`${homedir()}/.ssh/id`] }],
    ['ansible_connection=smart', { kind: 'ssh' }],
    ['ansible_connection=local ansible_host=x', { kind: 'local' }],
    ['ansible_become=true', { become: { user: 'root' } }],
    ['ansible_become=yes ansible_become_user=ha ansible_become_pass=12345678', { become: { user: 'ha', password: '12345678' } }],
    ['ansible_become=True ansible_become_method=ansible.builtin.sudo', { become: { user: 'root' } }],
    ['nfsha_ssh_legacy=true', { legacyAlgorithms: true }],
    ['ansible_ssh_timeout=30', { connectTimeout: 30_000 }],
    ['ansible_ssh_common_args="-J ops@jump:22,second"', { proxyJump: 'ops@jump:22,second' }],
    [
      'ansible_ssh_common_args="-o ProxyJump=jump -oStrictHostKeyChecking=accept-new"',
      { proxyJump: 'jump', sshOptions: [{ name: 'StrictHostKeyChecking', value: 'accept-new' }] },
    ],
    ['ansible_ssh_common_args="-J none"', { proxyJump: 'none' }],
    [`ansible_ssh_common_args="-o ProxyCommand='nc %h %p'"`, { sshOptions: [{ name: 'ProxyCommand', value: 'nc %h %p' }] }],
    ['ansible_ssh_args="-oUserKnownHostsFile=/a" ansible_ssh_common_args="-o UserKnownHostsFile=/b"', { knownHostsFiles: ['/a'] }],
    [
      `ansible_ssh_extra_args="-o 'userknownhostsfile /a /b' -o GlobalKnownHostsFile=none"`,
      { knownHostsFiles: ['/a', '/b'], globalKnownHostsFiles: [] },
    ],
    [`ansible_ssh_common_args='-oUserKnownHostsFile="\\"/a b\\" ~/c"'`, { knownHostsFiles: ['/a b', `${homedir()}/c`] }],
    [
      'ansible_ssh_common_args="-F ~/cfg -6 -c aes256-ctr -b 10.0.0.1 -o revokedhostkeys=/r -o KexAlgorithms=+diffie-hellman-group14-sha1"',
      {
        sshConfigFile: `${homedir()}/cfg`,
        sshOptions: [
          { name: 'AddressFamily', value: 'inet6' },
          { name: 'Ciphers', value: 'aes256-ctr' },
          { name: 'BindAddress', value: '10.0.0.1' },
          { name: 'RevokedHostKeys', value: '/r' },
          { name: 'KexAlgorithms', value: '+diffie-hellman-group14-sha1' },
        ],
      },
    ],
    ['ansible_ssh_common_args="-o Compression=yes -o ServerAliveInterval=5 -o SessionType=default"', { name: 'M1' }],
    [`ansible_ssh_common_args='-o ProxyCommand="ssh -W %h:%p -q -p 2222 ops@jump"'`, { proxyJump: 'ops@jump:2222' }],
    ['ansible_ssh_extra_args="-o UserKnownHostsFile=~/kh -o \'StrictHostKeyChecking yes\'"', { knownHostsFiles: [`${homedir()}/kh`] }],
    [
      'ansible_ssh_args="-C -o ControlMaster=auto -o ControlPersist=60s" ansible_ssh_common_args="-i k1 -ik2 -p 24 -l me"',
      { identityFiles: ['k1', 'k2'], port: 24, user: 'me' },
    ],
    ['ansible_python_interpreter=/usr/bin/python3 ansible_ssh_pipelining=true ansible_distribution=Debian', { address: 'M1' }],
  ])('honours %s', (vars, expected) => {
    expect(target(vars)).toMatchObject(expected)
  })

  it.each([
    ['ansible_connection=docker', "ansible_connection: 'docker' cannot be used"],
    ['ansible_become_method=su', 'supported: sudo'],
    ['ansible_port=abc', 'whole number'],
    ['ansible_become=perhaps', 'true or false'],
    [
      'ansible_ssh_common_args="-o StrictHostKeyChecking=no"',
      'hosts:2:28: the ssh option StrictHostKeyChecking cannot be honoured: it would accept a changed host key',
    ],
    ['ansible_ssh_common_args="-o UserKnownHostsFile=/dev/null"', 'no host key can be verified'],
    ['ansible_ssh_common_args="-oUserKnownHostsFile=none"', 'no host key can be verified'],
    ['ansible_ssh_common_args="-oStrictHostKeyChecking=OFF"', 'it would accept a changed host key'],
    ['ansible_ssh_common_args="-o KnownHostsCommand=/bin/x"', 'the ssh option KnownHostsCommand cannot be honoured'],
    ['ansible_ssh_common_args="-o remotecommand=ls"', 'the ssh option RemoteCommand cannot be honoured'],
    ['ansible_ssh_common_args=constructor', "'constructor' cannot be honoured"],
    ['ansible_ssh_common_args="-o constructor=x"', 'the ssh option constructor cannot be honoured'],
    ['ansible_ssh_common_args="-A"', "'-A' cannot be honoured"],
    ['ansible_ssh_common_args="-o ForwardAgent=yes"', 'the ssh option ForwardAgent cannot be honoured'],
    ['ansible_ssh_common_args="-o UserKnowHostsFile=/x"', "did you mean 'UserKnownHostsFile'?"],
    [`ansible_ssh_common_args="-o 'UserKnownHostsFile=\\"/x'"`, 'a quote is not closed'],
    ['nfsha_ssh_legacy=sometimes', 'nfsha_ssh_legacy must be true or false'],
    ['ansible_ssh_common_args="-L 1:x:2"', "'-L' cannot be honoured"],
    ['ansible_ssh_common_args="-J"', 'needs a value'],
    ['ansible_host_key_checking=False', '--accept-new-host-keys'],
    ['ansible_ssh_executable=/opt/ssh2', 'without the ssh program'],
    ['ansible_become_flags="-i"', 'cannot be honoured'],
    ['ansible_prot=22', "'ansible_prot' is not a connection variable"],
    ['ansible_become_pasword=x', "did you mean 'ansible_become_password'?"],
    ['ansible_host="{{ node_service_ip }}"', 'templates ({{ }}) are not supported'],
  ])('refuses %s', (vars, message) => {
    expect(problem(vars)).toContain(message)
  })

  it('uses the command line for what the inventory does not define, and lets -e override everything, as Ansible does', () => {
    const options = { user: 'cli', privateKey: '/key', become: true, becomePassword: 'typed', acceptNewHostKeys: true, timeout: 5 }
    expect(target('', options)).toEqual({
      name: 'M1',
      kind: 'ssh',
      address: 'M1',
      user: 'cli',
      identityFiles: ['/key'],
      become: { user: 'root', password: 'typed' },
      acceptNewHostKeys: true,
      connectTimeout: 5000,
    })
    const own = inventory('ansible_user=inventory ansible_become=false')
    expect(connectionTarget(own, 'M1', options)).toMatchObject({ user: 'inventory' })
    expect(connectionTarget(own, 'M1', options)).not.toHaveProperty('become')
    const extraVars = parseExtraVars(['ansible_user=extra'], own.vault)
    expect(connectionTarget(own, 'M1', { ...options, extraVars })).toMatchObject({ user: 'extra' })
  })
})
