import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect } from '../../lib/ssh/connect.ts'
import { type Connection, TooMuchOutput, Unreachable } from '../../lib/ssh/connection.ts'
import { unsafeShown } from '../lib/report/nasty.ts'
import { me } from './ssh/client.ts'
import { type Sshd, startSshd, whyNoSshd } from './ssh/sshd.ts'

// Hosts that never stop printing, do not answer, or print terminal escape sequences.
const why = whyNoSshd()
const bin = fileURLToPath(new URL('../../bin/nfsha-play.js', import.meta.url))
const cleanups: (() => unknown)[] = []
let folder: string

const server = async (...config: string[]): Promise<Sshd> => {
  const sshd = await startSshd(config)
  cleanups.push(() => sshd.stop())
  return sshd
}

const open = async (sshd: Sshd, startLimit = 20_000): Promise<Connection> => {
  const connection = await connect(sshd.target(), { startLimit })
  cleanups.push(() => connection.close())
  return connection
}

const inventory = ({ port, identity, knownHosts }: Sshd): string => {
  const file = join(folder, 'hosts.yml')
  const node = (
    n: number,
  ) => `    M${n}: {ansible_host: 127.0.0.1, ansible_port: ${port}, ansible_user: ${me}, ansible_ssh_private_key_file: ${identity},
      ansible_ssh_common_args: '-o UserKnownHostsFile=${knownHosts}',
      node_name: m${n}, node_service_ip: 10.0.0.${n}, node_heartbeat_ip: 10.0.1.${n}, node_drbd_ip: 10.0.2.${n}}`
  writeFileSync(
    file,
    `nfs:\n  hosts:\n${node(1)}\n${node(2)}
  vars: {ha_vip: 10.0.0.9/24, heartbeat_ping: 10.0.0.3, heartbeat_secret: long-enough, drbd_secret: long-enough, drbd_disk: /dev/vdb, nfs_export_network: 10.0.0.0/24}\n`,
  )
  return file
}

/** Runs the program itself, and measures its memory. */
const play = async (sshd: Sshd, ...argv: string[]) => {
  const home = join(folder, 'home')
  const env = { ...process.env, HOME: home, XDG_STATE_HOME: join(home, 'state'), NO_COLOR: '1' }
  const child: ChildProcess = spawn(process.execPath, [bin, ...argv, '-i', inventory(sshd)], { env, cwd: folder })
  let output = ''
  child.stdout?.on('data', text => {
    output += text
  })
  child.stderr?.on('data', text => {
    output += text
  })
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, rssOf(child.pid ?? 0))
  }, 50)
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  clearInterval(watch)
  return { code, output, peak }
}

/** The largest amount of memory that a process has used so far, MiB: proc(5), VmHWM. */
const rssOf = (pid: number): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

describe.skipIf(why !== undefined)(`a hostile host${why ? ` (skipped: ${why})` : ''}`, () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-hostile-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
  })
  afterEach(async () => {
    for (const end of cleanups.splice(0).reverse()) await end()
  })

  test('endless output after every answer ends the run with 4, with limited memory', async () => {
    const sshd = await server('ForceCommand sh -c "$SSH_ORIGINAL_COMMAND"; exec yes AAAA')
    const { code, output, peak } = await play(sshd, 'status.yml')
    expect(output).toContain('M1 | UNREACHABLE: a script printed more than 1 MiB and was terminated')
    expect(output).not.toMatch(/^\s+at /m)
    expect(output).not.toContain('internal error')
    expect(code).toBe(4)
    expect(peak).toBeGreaterThan(30)
    expect(peak).toBeLessThan(400)
    const pinged = await play(sshd, 'ping', 'nfs')
    expect(pinged.output).toContain('M1  unreachable: a script printed more than 64 KiB and was terminated')
    expect(pinged.code).toBe(4)
  })

  test('a login shell that never stops printing', async () => {
    const connection = await open(await server('ForceCommand exec yes AAAA'))
    await expect(connection.run('true')).rejects.toThrow('M1: more than 1 MiB of output came before the shell started')
  })

  test('no shell starts, or no channel opens', async () => {
    const connection = await open(await server('ForceCommand exec sleep 1000'), 500)
    await expect(connection.run('true')).rejects.toThrow('M1: the shell did not answer within 1 s')
    const keys = ssh2.utils.generateKeyPairSync('ed25519')
    // It accepts every login, but then no session.
    const mute = new ssh2.Server({ hostKeys: [keys.private] }, client => {
      client.on('authentication', context => context.accept())
      client.on('error', () => undefined)
    })
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => mute.close())
    const { port } = mute.address() as AddressInfo
    const known = join(folder, 'known_hosts')
    writeFileSync(known, `[127.0.0.1]:${port} ${keys.public}\n`)
    const silent = await connect(
      { name: 'M1', kind: 'ssh', address: '127.0.0.1', port, user: me, password: 'x', knownHostsFiles: [known] },
      { startLimit: 500 },
    )
    cleanups.push(() => silent.close())
    const error = await silent.run('true').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Unreachable)
  })

  test('the stored part of an output is limited, whoever reads it', async () => {
    const connection = await open(await server())
    let kept = 0
    const flood = connection.run('yes', { maxOutput: 100_000, onStdout: text => (kept += text.length) })
    await expect(flood).rejects.toBeInstanceOf(TooMuchOutput)
    expect(kept).toBeLessThanOrEqual(100_000)
    await expect(connection.run('yes >&2', { maxOutput: 100_000 })).rejects.toThrow(
      'M1: a script printed more than 98 KiB and was terminated',
    )
    let bytes = 0
    const onStdoutBytes = (piece: Uint8Array) => {
      bytes += piece.length
    }
    await expect(connection.run('yes', { maxOutput: 100_000, onStdoutBytes })).rejects.toThrow()
    expect(bytes).toBeLessThanOrEqual(100_000)
    await expect(connection.$`yes`).rejects.toThrow('a command printed more than 64 MiB and was terminated')
    // And the connection still works.
    expect((await connection.run('echo here')).stdout).toBe('here\n')
  })

  test('escape sequences that change the window title, in the greeting and in answers', async () => {
    const evil = "printf '\\033]0;PWN\\007\\033[2J\\342\\200\\256'"
    const refused = await play(await server(`ForceCommand ${evil}; exit 1`), 'ping', 'nfs')
    expect(refused.output).not.toMatch(unsafeShown)
    expect(refused.output).toContain('\\x1b]0;PWN\\x07\\x1b[2J\\u{202e}')
    expect(refused.code).toBe(4)
    const answered = await play(await server(`ForceCommand id() { ${evil}; }; eval "$SSH_ORIGINAL_COMMAND"`), 'ping', 'nfs')
    expect(answered.output).not.toMatch(unsafeShown)
    const played = await play(await server(`ForceCommand ${evil}; exit 1`), 'status.yml', '--output', 'jsonl')
    expect(played.output).not.toMatch(unsafeShown)
    expect(played.output).toContain('\\\\x1b]0;PWN')
    expect(played.code).toBe(4)
  })
})
