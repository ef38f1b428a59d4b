import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encrypt } from '../../lib/config/vault.ts'
import { plantMarkers, printedBy } from './secret-search.ts'
import { isRoot, newKey, type Sshd, startSshd, until, whyNoSshd } from './ssh/sshd.ts'
import { createSudoUser, type SudoUser } from './ssh/sudo-user.ts'

// A marker for every secret, searched for everywhere after real runs over a real sshd.
const why = whyNoSshd() ?? (isRoot ? undefined : 'only root can make a user with sudo rules, and read every process')
const local = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const bin = local('../../bin/nfsha-play.js')
const planted = plantMarkers({
  heartbeat: 'HBK',
  drbd: 'DRS',
  become: 'BEC',
  ssh: 'SSH',
  vault: 'VLT',
  passphrase: 'PHR',
  // Wrong passwords are secrets too: often they are the right ones for something else.
  wrong: 'WRG',
})
const { values: markers, found, filesWith, watchProcesses } = planted

describe.skipIf(why !== undefined)(`secrets${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  let user: SudoUser
  let folder = ''
  let began = 0
  const at = (name: string) => join(folder, name)
  const outputs: string[] = []

  /** Runs a program and keeps all its output. */
  const run = async (argv: string[], input?: string): Promise<{ code: number | null; output: string }> => {
    const env = { ...process.env, TMPDIR: at('tmp'), XDG_STATE_HOME: at('state'), NODE_OPTIONS: '' }
    // tsx is looked up from here.
    const child = spawn(process.execPath, argv, { env, cwd: argv[0] === bin ? at('work') : process.cwd() })
    const { code, output } = await printedBy(child, input)
    outputs.push(output)
    return { code, output }
  }
  const target = (password: string) => ({
    ...sshd.target({ user: user.name, password: markers.ssh, identityFiles: [], become: { user: 'root', password } }),
  })

  beforeAll(async () => {
    began = Date.now()
    folder = mkdtempSync(join(tmpdir(), 'nfsha-secrets-'))
    for (const name of ['tmp', 'state', 'work', 'host']) mkdirSync(at(name))
    sshd = await startSshd(['PasswordAuthentication yes'])
    user = createSudoUser('secrets')
    user.sudoers(`${user.name} ALL=(ALL) ALL`)
    execFileSync('chpasswd', ['-c', 'SHA256', '-s', '1000'], { input: `${user.name}:${markers.ssh}\n` })
    newKey(folder, 'locked', markers.passphrase)
    writeFileSync(at('vault-password'), `${markers.vault}\n`, { mode: 0o600 })
    const vars = [
      `ansible_password: ${markers.ssh}`,
      `ansible_become_password: ${markers.ssh}`,
      `heartbeat_secret: ${markers.heartbeat}`,
      `drbd_secret: ${markers.drbd}`,
    ].join('\n')
    mkdirSync(at('group_vars'))
    writeFileSync(at('group_vars/nfs.yml'), encrypt(`${vars}\n`, { password: markers.vault }))
    const node = (n: number) => `    M${n}:
      node_name: m${n}
      node_service_ip: 10.0.0.${n}
      node_heartbeat_ip: 10.0.1.${n}
      node_drbd_ip: 10.0.2.${n}`
    writeFileSync(
      at('hosts.yml'),
      `nfs:\n  hosts:\n${node(1)}\n${node(2)}\n  vars:
    ansible_host: 127.0.0.1
    ansible_port: ${sshd.port}
    ansible_user: ${user.name}
    ansible_become: true
    ansible_private_key_file: ${at('locked')}
    ansible_ssh_common_args: '-o UserKnownHostsFile=${sshd.knownHosts}'
    ha_vip: 10.0.0.9/24
    heartbeat_ping: 10.0.0.3
    drbd_disk: /dev/vdb
    nfs_export_network: 10.0.0.0/24\n`,
    )
  })
  afterAll(async () => {
    await sshd?.stop()
    user?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the process watch catches a process that shows a secret', async () => {
    const watch = await watchProcesses()
    try {
      const shown = spawn('sleep', ['60'], { argv0: markers.heartbeat })
      const hidden = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, KEY: markers.drbd } })
      try {
        await until(() => watch.seen().includes(`"pid":${shown.pid},"where":"cmdline"`), 'the command line to be seen', 60_000)
        await until(() => watch.seen().includes(`"pid":${hidden.pid},"where":"environ"`), 'the environment to be seen', 60_000)
      } finally {
        shown.kill()
        hidden.kill()
      }
    } finally {
      watch.end()
    }
  })

  test('no marker is found anywhere: outputs, processes, files, logs', { timeout: 600_000 }, async () => {
    const watch = await watchProcesses()
    const cli = (...argv: string[]) => run([bin, ...argv, '-i', at('hosts.yml'), '--vault-password-file', at('vault-password')])
    try {
      const task = { target: target(markers.ssh), folder: at('host'), heartbeat: markers.heartbeat, drbd: markers.drbd, others: [] }
      const played = await run(['--import', 'tsx', local('secret-run.ts')], JSON.stringify(task))
      // The run did its task: the files exist, and the programs have quoted them.
      expect(readFileSync(at('host/authkeys'), 'utf8')).toContain(markers.heartbeat)
      expect(played.output).toContain('Parse error: expected, but got')
      expect(played.output.match(/FAILED/g)?.length ?? 0).toBeGreaterThan(4)
      const refused = await run(['--import', 'tsx', local('secret-run.ts')], JSON.stringify({ ...task, target: target(markers.wrong) }))
      expect(refused.output).toContain('sudo did not accept the password')
      expect((await cli('ping', 'nfs')).output).toContain('M1  ok  root on')
      await cli('site.yml', '--check', '--diff', '-vvv')
      await cli('drift', 'site.yml', '--report', at('work/report.json'), '--metrics', at('work/metrics.prom'), '--syslog')
      expect((await cli('vars', 'M1')).output).toMatch(/heartbeat_secret\s+\*\*\*/)
      await cli('inventory', '--list')
      await run([bin, 'history', '-vvv'])
      await cli('vars', 'M1', '-e', 'drbd_secret=x')
    } finally {
      watch.end()
    }
    expect(outputs.join('').length).toBeGreaterThan(10_000)
    for (const output of outputs) expect(found(output), output.slice(0, 3000)).toEqual([])
    expect(watch.seen()).toBe('')
    // The input of the test is in its own files, and the output in those on the host.
    const meant = ['host/authkeys', 'host/r0.res', 'host/careless', 'host/jobs/secret-test/output', 'vault-password']
    expect(filesWith(folder).filter(file => !meant.some(name => file === at(name)))).toEqual([])
    expect(filesWith('/dev/shm', '/run/nfsha-play', '/var/lib/nfsha-play/jobs').filter(isNew)).toEqual([])
    expect(
      readdirSync(tmpdir())
        .map(name => join(tmpdir(), name))
        .filter(file => isNew(file) && planted.isIn(file)),
    ).toEqual([])
    expect(filesWith('/var/log').filter(isNew)).toEqual([])
  })

  const isNew = (file: string) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > began
})
