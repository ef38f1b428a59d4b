import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isRoot, type Sshd, startSshd, whyNoSshd } from './ssh/sshd.ts'
import { createSudoUser, type SudoUser } from './ssh/sudo-user.ts'

const bin = fileURLToPath(new URL('../../bin/nfsha-play.js', import.meta.url))
const why = whyNoSshd() ?? (isRoot ? undefined : 'only root can make a user with sudo rules')

describe.skipIf(why !== undefined)(`ping and unlock${why ? ` (skipped: ${why})` : ''}`, () => {
  const servers: Sshd[] = []
  const silent: { server: Server; sockets: Set<Socket> }[] = []
  let folder = ''
  let user: SudoUser

  const host = (sshd: Sshd, more = '') =>
    `ansible_host: 127.0.0.1, ansible_port: ${sshd.port}, ansible_user: root, ansible_ssh_private_key_file: ${sshd.identity}${more}`
  /** A server that accepts connections and implements only a part of the protocol. */
  const half = async (onConnection: (socket: Socket) => void) => {
    const sockets = new Set<Socket>()
    const server = createServer(socket => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      onConnection(socket)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    silent.push({ server, sockets })
    return (server.address() as { port: number }).port
  }

  const started = (...argv: string[]) => {
    const child = spawn(process.execPath, [bin, ...argv, '--accept-new-host-keys'], {
      cwd: folder,
      env: { ...process.env, HOME: folder, SSH_AUTH_SOCK: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const seen = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', text => {
        seen[name] += text
      })
    return new Promise<{ code: number | null; stdout: string; stderr: string }>(resolve =>
      child.once('close', code => resolve({ code, ...seen })),
    )
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-reach-'))
    user = createSudoUser('reach')
    user.sudoers(`${user.name} ALL=(ALL) ALL`)
    const forced = (command: string) => [`ForceCommand ${command}`]
    const [good, nologin, stalls, chatty] = await Promise.all([
      startSshd(),
      startSshd(forced('/usr/sbin/nologin')),
      startSshd(forced('exec sleep 300')),
      startSshd(forced(`printf '\\033]0;PWN\\007\\033[2J'; exit 1`)),
    ])
    servers.push(good, nologin, stalls, chatty)
    const closes = await half(socket => socket.end('SSH-2.0-half\r\n'))
    const mute = await half(() => undefined)
    const lines = {
      good: host(good),
      nologin: host(nologin),
      stalls: host(stalls),
      chatty: host(chatty),
      become: host(good, ', ansible_become: true').replace(
        'ansible_user: root',
        `ansible_user: ${user.name}, ansible_become_password: wrong`,
      ),
      closes: `ansible_host: 127.0.0.1, ansible_port: ${closes}`,
      mute: `ansible_host: 127.0.0.1, ansible_port: ${mute}`,
      nameless: 'ansible_host: no-such-name.invalid',
      plain: host(good).replace('ansible_user: root', `ansible_user: ${user.name}`),
    }
    writeFileSync(
      join(folder, 'hosts.yml'),
      `all:\n  hosts:\n${Object.entries(lines)
        .map(([name, text]) => `    ${name}: { ${text} }\n`)
        .join('')}`,
    )
  })
  afterAll(async () => {
    for (const { server, sockets } of silent) {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
    await Promise.all(servers.map(s => s.stop()))
    user?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('every bad host has a line, the good one too, and the command ends with exit code 4', { timeout: 240_000 }, async () => {
    const { code, stdout, stderr } = await started('ping', '-i', 'hosts.yml')
    expect(stderr).toBe('')
    expect(code).toBe(4)
    const lineOf = (name: string) => stdout.split('\n').find(line => line.startsWith(`${name}  `)) ?? ''
    expect(lineOf('good')).toMatch(/^good {2}ok {2}root on /)
    expect(lineOf('plain')).toMatch(new RegExp(`^plain {2}ok {2}${user.name} on `))
    expect(lineOf('nologin')).toMatch(/unreachable: the shell of root ended .*not available/)
    expect(lineOf('stalls')).toMatch(/unreachable: the shell did not answer within 30 s/)
    expect(lineOf('become')).toMatch(/cannot become root .*sudo did not accept the password/)
    expect(lineOf('closes')).toMatch(/unreachable: no ssh connection/)
    expect(lineOf('mute')).toMatch(/unreachable: /)
    expect(lineOf('nameless')).toMatch(/the name no-such-name.invalid does not resolve/)
    expect(lineOf('chatty')).toMatch(/unreachable: the shell of root ended/)
    expect(stdout).not.toContain('\u001b')
  })

  test('a single bad host: the process ends', { timeout: 60_000 }, async () => {
    for (const name of ['become', 'nologin', 'closes']) expect((await started('ping', '-i', 'hosts.yml', '-l', name)).code, name).toBe(4)
  })

  test('unlock without root does not report that nothing is locked', async () => {
    const { code, stdout } = await started('unlock', '-i', 'hosts.yml', '-l', 'plain')
    expect(stdout).toBe('plain  unreachable: its shell ended with exit code 77: no root: add ansible_become: true, or -b\n')
    expect(code).toBe(4)
  })
})
