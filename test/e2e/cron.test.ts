import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isRoot, type Sshd, startSshd, until, whyNoSshd } from './ssh/sshd.ts'

const bin = fileURLToPath(new URL('../../bin/nfsha-play.js', import.meta.url))
const jobFile = '/etc/cron.d/nfsha-play'
/** Nobody else can hold a job's lock, which would prevent its output. */
const locks = '/var/lib/nfsha-play-cron'
const sendmail = '/usr/sbin/sendmail'

/** Installs Debian's cron without starting it. @returns why the test cannot run, undefined when it can. */
const whyNoCron = (): string | undefined => {
  if (!isRoot) return 'only root can run a cron daemon'
  if (existsSync(jobFile)) return `${jobFile} is in use on this machine`
  if (!existsSync('/usr/sbin/cron')) installCron()
  if (!existsSync('/usr/sbin/cron')) return 'the package cron could not be installed'
  const pid = existsSync('/run/crond.pid') ? readFileSync('/run/crond.pid', 'utf8').trim() : ''
  return pid !== '' && existsSync(`/proc/${pid}`) ? 'a cron daemon runs here already, and this test starts its own' : undefined
}

const installCron = (): void => {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'cron'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: 'ignore',
    })
  } catch {
    // The caller checks whether it is installed.
  } finally {
    if (ours) rmSync(policy)
  }
}

const why = whyNoSshd() ?? whyNoCron()

const inventory = (port: number, identity: string) => `nfs:
  hosts:
${[1, 2]
  .map(
    n => `    M${n}:
      ansible_host: 127.0.0.1
      ansible_port: ${port}
      ansible_user: root
      ansible_ssh_private_key_file: ${identity}
      node_name: M${n}.example.org
      node_service_ip: 192.0.2.${n}
      node_heartbeat_ip: 198.51.100.${n}
      node_drbd_ip: 203.0.113.${n}`,
  )
  .join('\n')}
  vars:
    heartbeat_ping: 192.0.2.254
    heartbeat_secret: test-secret-1
    drbd_secret: test-secret-2
    drbd_disk: /dev/vdb
    nfs_export_network: 192.0.2.0/24
    ha_vip: 192.0.2.9/24
`

describe.skipIf(why !== undefined)(`cron${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  let folder = ''
  let cron: ChildProcess | undefined
  const at = (name: string) => join(folder, name)
  const mailIsOurs = !existsSync(sendmail)

  const command = (...argv: string[]) => {
    try {
      const env = { ...process.env, XDG_STATE_HOME: at('state') }
      return {
        code: 0,
        stdout: execFileSync(process.execPath, [bin, ...argv], { encoding: 'utf8', cwd: folder, env, stdio: 'pipe' }),
        stderr: '',
      }
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string }
      return { code: status, stdout, stderr }
    }
  }
  const install = (...more: string[]) =>
    command('cron', 'install', '--schedule', '* * * * *', '-i', 'hosts.yml', '--accept-new-host-keys', '--report', 'report.json', ...more)

  beforeAll(async () => {
    sshd = await startSshd()
    folder = mkdtempSync(join(tmpdir(), 'nfsha-cron 100% '))
    // Removes what a killed run left behind. A job that is in use on this machine is kept: then the first test fails.
    if (!existsSync(jobFile)) rmSync(locks, { recursive: true, force: true })
    writeFileSync(at('hosts.yml'), inventory(sshd.port, sshd.identity))
    // Debian's cron sends mail only through this path, and drops it if there is no such program.
    if (mailIsOurs) writeFileSync(sendmail, `#!/bin/sh\ncat >> '${at('mail')}'\n`, { mode: 0o755 })
  })
  afterAll(async () => {
    const gone = new Promise(done => (cron?.exitCode === null ? cron.once('exit', done) : done(undefined)))
    cron?.kill()
    await gone
    if (mailIsOurs) rmSync(sendmail, { force: true })
    command('cron', 'remove')
    await sshd.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('install, show and remove are idempotent; a job with an invalid inventory is never installed', { timeout: 400_000 }, () => {
    expect(command('cron', 'show').stdout).toMatch(/^no job is installed/)
    writeFileSync(at('broken.yml'), inventory(1, 'id').replace('drbd_disk', 'drbd_disc'))
    const broken = command('cron', 'install', '-i', 'broken.yml')
    expect(broken.code).toBe(2)
    expect(broken.stderr).toMatch(/broken.yml:\d+:\d+: unknown variable 'drbd_disc'/)
    writeFileSync(at('empty.yml'), 'web:\n  hosts:\n    W1:\n')
    expect(command('cron', 'install', '-i', 'empty.yml').stderr).toMatch(/no host or group 'nfs' in the inventory/)
    expect(command('cron', 'install', '-i', 'hosts.yml', '--schedule', 'now').stderr).toMatch(/expected five fields/)
    expect(command('cron', 'install', '-i', 'hosts.yml', '--schedule', '61 * * * *')).toMatchObject({
      code: 2,
      stderr: "--schedule '61 * * * *': minute '61': 61 is out of range (0 to 59) (crontab(5))\n",
    })
    expect(existsSync(locks)).toBe(false)
    expect(existsSync(jobFile)).toBe(false)

    expect(install('--mailto', 'ops@example.org').stdout).toBe(`installed ${jobFile}\n`)
    expect(install('--mailto', 'ops@example.org').stdout).toMatch(/^nothing to do/)
    const job = command('cron', 'show').stdout
    expect(job).toBe(readFileSync(jobFile, 'utf8'))
    expect(job).toContain(`'-i' '${at('hosts.yml').replaceAll('%', '\\%')}'`)
    expect(job).toMatch(/^\* \* \* \* \* root \/usr\/bin\/env 'PATH=\/.*\/usr\/bin\/flock -n '\/var\/lib\/nfsha-play-cron\/root.lock'/m)
    expect(statSync(join(locks, 'root.lock')).mode & 0o777).toBe(0o600)
    expect(statSync(locks)).toMatchObject({ uid: 0, mode: 0o40755 })

    expect(command('cron', 'remove').stdout).toBe(`removed ${jobFile}\n`)
    expect(command('cron', 'remove').stdout).toMatch(/^nothing to do/)
    expect(existsSync(locks)).toBe(false)
  })

  test('a cron daemon runs an installed job: it writes its report and sends its mail once', { timeout: 240_000 }, async () => {
    mkdirSync(at('state'), { recursive: true })
    chmodSync(folder, 0o755)
    expect(install('--mailto', 'ops@example.org').code).toBe(0)
    cron = spawn('/usr/sbin/cron', ['-f'], { stdio: 'ignore' })
    await until(() => existsSync(at('report.json')), 'the first report', 100_000)
    const first = JSON.parse(readFileSync(at('report.json'), 'utf8'))
    // This machine is not the one that the inventory describes, and both names are the same machine.
    expect(first).toMatchObject({ v: 1, exitCode: 5, complete: true, hosts: ['M1', 'M2'] })
    expect(first.findings.map((f: { host: string; resource: string }) => `${f.host} ${f.resource}`)).toContain('M1 identity')
    const again = () => JSON.parse(readFileSync(at('report.json'), 'utf8')).run !== first.run
    await until(again, 'the report of the next minute', 100_000)
    if (!mailIsOurs) return
    await until(() => existsSync(at('mail')), 'the mail')
    const mail = readFileSync(at('mail'), 'utf8')
    expect(mail).toMatch(/^To: ops@example.org$/m)
    expect(mail).toMatch(/^M1: identity: no NIC em1/m)
    expect(mail).not.toMatch(/test-secret/)
    expect(mail.match(/^Subject:/gm)).toHaveLength(1)
  })
})
