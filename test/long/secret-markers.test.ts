import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encrypt, encryptString } from '../../lib/config/vault.ts'
import { outputFormats, statusFormats } from '../../lib/report/open-view.ts'
import { plantMarkers, printedBy } from '../e2e/secret-search.ts'
import { isRoot, newKey, type Sshd, startSshd, until, whyNoSshd } from '../e2e/ssh/sshd.ts'
import { createSudoUser, type SudoUser } from '../e2e/ssh/sudo-user.ts'

// A marker for every secret, in every command that reads one, in every output format and at every verbosity, right and wrong; then searched for
// everywhere: in output, in the system log, in files, and in the process list during the run. Over a real sshd on loopback, without a lab.
const why = whyNoSshd() ?? (isRoot ? undefined : 'only root can make users with sudo rules, and read every process')
const bin = fileURLToPath(new URL('../../bin/nfsha-play.js', import.meta.url))
const markers = plantMarkers({
  heartbeat: 'HBK',
  drbd: 'DRS',
  become: 'BEC',
  ssh: 'SSH',
  vault: 'VLT',
  nextVault: 'VL2',
  passphrase: 'PHR',
  wrong: 'WRG',
  // Not one of our variables: masked because of its name.
  foreign: 'FRG',
})
const { values } = markers

describe.skipIf(why !== undefined)(`secrets everywhere${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  const users: SudoUser[] = []
  const ends: (() => void)[] = []
  let folder = ''
  let began = 0
  const at = (name: string) => join(folder, name)
  const outputs: { argv: string[]; code: number | null; output: string }[] = []

  const run = async (argv: string[], { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {}) => {
    const child = spawn(process.execPath, [bin, ...argv], {
      cwd: at('work'),
      env: {
        ...process.env,
        PATH: `${at('bin')}:${process.env.PATH}`,
        HOME: at('home'),
        TMPDIR: at('tmp'),
        XDG_STATE_HOME: at('state'),
        SSH_AUTH_SOCK: at('agent'),
        EDITOR: 'true',
        ...env,
      },
    })
    const { code, output } = await printedBy(child, input)
    outputs.push({ argv, code, output })
    return { code, output }
  }

  /** Two nodes on one machine: M1 with a key of the agent and sudo with a password, M2 with a password and sudo without one. */
  const inventory = (name: string, become: string, ssh: string) => {
    const node = (n: number, login: string) => `    M${n}: {ansible_user: ${users[n - 1]?.name}, ${login},
      node_name: m${n}, node_service_ip: 10.0.0.${n}, node_heartbeat_ip: 10.0.1.${n}, node_drbd_ip: 10.0.2.${n}}\n`
    mkdirSync(at(name))
    writeFileSync(
      at(`${name}/hosts.yml`),
      `nfs:\n  hosts:\n${node(1, `ansible_become_password: ${become}, ansible_private_key_file: ${at('locked.pub')}`)}${node(2, `ansible_password: ${ssh}, ansible_ssh_extra_args: '-o PubkeyAuthentication=no'`)}
  vars:
    ansible_host: 127.0.0.1
    ansible_port: ${sshd.port}
    ansible_become: true
    ansible_ssh_common_args: '-o UserKnownHostsFile=${sshd.knownHosts}'
    company_api_token: ${values.foreign}
    ${encryptString(values.drbd, { password: values.vault }, 'drbd_secret').trimEnd()}
    ha_vip: 10.0.0.9/24
    heartbeat_ping: 10.0.0.3
    drbd_disk: /dev/vdb
    nfs_export_network: 10.0.0.0/24\n`,
    )
    mkdirSync(at(`${name}/group_vars`))
    writeFileSync(at(`${name}/group_vars/nfs.yml`), encrypt(`heartbeat_secret: ${values.heartbeat}\n`, { password: values.vault }))
    return ['-i', at(`${name}/hosts.yml`)]
  }

  beforeAll(async () => {
    began = Date.now()
    folder = mkdtempSync(join(tmpdir(), 'nfsha-markers-'))
    for (const name of ['tmp', 'state', 'work', 'home', 'bin']) mkdirSync(at(name))
    sshd = await startSshd(['PasswordAuthentication yes'])
    for (const [suffix, password, rule] of [
      ['marker1', values.become, 'ALL'],
      ['marker2', values.ssh, 'NOPASSWD: ALL'],
    ] as const) {
      const user = createSudoUser(suffix)
      users.push(user)
      user.sudoers(`${user.name} ALL=(ALL) ${rule}`)
      execFileSync('chpasswd', ['-c', 'SHA256', '-s', '1000'], { input: `${user.name}:${password}\n` })
    }
    newKey(folder, 'locked', values.passphrase)
    writeFileSync(join(sshd.directory, 'authorized_keys'), readFileSync(at('locked.pub')))
    for (const [name, text] of [
      ['vault-password', values.vault],
      ['next-password', values.nextVault],
      ['wrong-password', values.wrong],
      ['passphrase', values.passphrase],
    ] as const)
      writeFileSync(at(name), `${text}\n`, { mode: 0o600 })
    // Stand-ins that record their input: for the system log and for an editor.
    writeFileSync(at('bin/logger'), `#!/bin/sh\n{ printf '%s\\n' "$@"; cat; } >>'${at('syslog')}'\n`, { mode: 0o755 })
    writeFileSync(at('askpass'), `#!/bin/sh\ncat '${at('passphrase')}'\n`, { mode: 0o700 })
    writeFileSync(at('pass'), `#!/bin/sh\nset -x\ncat '${at('vault-password')}'\nsed 's/^/for /' '${at('vault-password')}' >&2\n`, {
      mode: 0o700,
    })
    const agent = spawn('ssh-agent', ['-D', '-a', at('agent')], { stdio: 'ignore' })
    ends.push(() => agent.kill())
    await until(() => existsSync(at('agent')), 'the agent')
  })
  afterAll(async () => {
    await sshd?.stop()
    for (const end of ends) end()
    for (const user of users) user.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the search finds a marker in a text, in a file and in a process', { timeout: 200_000 }, async () => {
    expect(markers.found(`x ${values.drbd.slice(8, 17)} y`)).toEqual(['drbd'])
    expect(markers.found(Buffer.from(values.vault).toString('base64'))).toEqual(['vault'])
    expect(markers.found('nothing of the kind')).toEqual([])
    writeFileSync(at('tmp/planted'), `\n${values.become}`)
    expect(markers.filesWith(at('tmp'))).toEqual([at('tmp/planted')])
    rmSync(at('tmp/planted'))
    const watch = await markers.watchProcesses()
    const shown = spawn('sleep', ['60'], { argv0: values.passphrase })
    try {
      await until(() => watch.seen().includes(`"pid":${shown.pid},"where":"cmdline"`), 'the process to be seen', 60_000)
    } finally {
      shown.kill()
      watch.end()
    }
  })

  test('no marker is found anywhere', { timeout: 1_800_000 }, async () => {
    const right = inventory('right', values.become, values.ssh)
    const wrongBecome = inventory('become', values.wrong, values.ssh)
    const wrongSsh = inventory('ssh', values.become, values.wrong)
    const open = ['--vault-password-file', at('vault-password')]
    const watch = await markers.watchProcesses()
    try {
      execFileSync('ssh-add', ['-q', at('locked')], {
        env: { ...process.env, SSH_AUTH_SOCK: at('agent'), SSH_ASKPASS: at('askpass'), SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' },
        stdio: 'ignore',
      })
      const pinged = await run(['ping', 'nfs', ...right, ...open])
      // Both passwords and the passphrase were used successfully.
      expect(pinged.output).toContain('M1  ok  root on')
      expect(pinged.output).toContain('M2  ok  root on')
      expect((await run(['ping', 'nfs', ...wrongBecome, ...open])).output).toContain('sudo did not accept the password')
      expect((await run(['ping', 'nfs', ...wrongSsh, ...open])).output).toMatch(/M2 {2}unreachable/)
      expect((await run(['ping', 'nfs', ...right, '--vault-password-file', at('pass')])).output).toContain('+ cat')

      for (const verbosity of [[], ['-v'], ['-vv'], ['-vvv']]) {
        for (const format of outputFormats) {
          await run(['status.yml', ...right, ...open, '--output', format, ...verbosity])
          if (statusFormats.includes(format)) continue
          // The wrong machine, but it was read: the inventory was valid.
          expect((await run(['site.yml', '--check', '--diff', ...right, ...open, '--output', format, ...verbosity])).code).toBe(3)
          await run(['site.yml', '--check', ...wrongBecome, ...open, '--output', format, ...verbosity])
          await run(['drift', 'site.yml', ...wrongSsh, ...open, '--output', format, ...verbosity])
        }
        await run(['vars', 'M1', ...right, ...open, ...verbosity])
        await run(['history', ...verbosity])
      }
      await run(['drift', 'site.yml', ...right, ...open, '--syslog', '--report', at('work/report.json'), '--metrics', at('work/m.prom')])
      expect(readFileSync(at('syslog'), 'utf8')).toContain('nfsha-play')
      expect(readFileSync(at('work/report.json'), 'utf8')).toContain('"findings"')
      await run(['vars', 'M1', '--json', ...right, ...open])
      for (const what of [['--list'], ['--graph'], ['--host', 'M1']]) await run(['inventory', ...what, ...right, ...open])
      await run(['unlock', 'nfs', ...right, ...open])

      // Wrong vault passwords, and other commands with a right one.
      const wrongVault = ['--vault-password-file', at('wrong-password')]
      const sealed = at('right/group_vars/nfs.yml')
      await run(['site.yml', '--check', ...right, ...wrongVault, '-vvv'])
      await run(['vault', 'view', sealed, ...wrongVault])
      await run(['vault', 'edit', sealed, ...open], { env: { EDITOR: 'ls -l' } })
      await run(['vault', 'edit', sealed, ...open], { env: { EDITOR: 'false' } })
      await run(['vault', 'rekey', sealed, ...open, '--new-vault-password-file', at('next-password')])
      expect(readFileSync(sealed, 'utf8')).toMatch(/^\$ANSIBLE_VAULT/)
      await run(['vault', 'encrypt-string', ...open, '--stdin-name', 'x'], { input: values.heartbeat })
      await run(['vault', 'encrypt', ...open], { input: values.heartbeat })

      // Errors in files and on the command line next to a secret.
      for (const [i, text] of mistakes().entries()) {
        const file = at(`work/wrong-${i}.${text.startsWith('[') ? 'ini' : 'yml'}`)
        writeFileSync(file, text)
        const { code } = await run(['site.yml', '--check', '-i', file, '-vv'])
        expect(code, text).toBe(2)
        await run(['site.yml', '--check', ...right, ...open, '-e', `@${file}`])
        writeFileSync(file, encrypt(text, { password: values.vault }))
        await run(['vars', 'M1', ...right, ...open, '-e', `@${file}`])
      }
      for (const extra of wrongExtras()) expect((await run(['site.yml', '-e', extra, '--check', ...right, ...open])).code, extra).toBe(2)
    } finally {
      watch.end()
    }

    expect(outputs.length).toBeGreaterThan(100)
    for (const { argv, output } of outputs) {
      expect(markers.found(output), `${argv.join(' ')}\n${output.slice(0, 3000)}`).toEqual([])
      expect(output).not.toContain('internal error')
    }
    // Only the values that the tests themselves pass to `-e` are on a command line.
    const handed = watch
      .seen()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as { where: string; text: string })
    expect(handed.filter(({ where, text }) => where !== 'cmdline' || !text.includes(' -e '))).toEqual([])
    const meant = ['vault-password', 'next-password', 'wrong-password', 'passphrase', 'right', 'become', 'ssh', 'work/wrong-']
    expect(markers.filesWith(folder).filter(file => !meant.some(name => file.startsWith(at(name))))).toEqual([])
    const isNew = (file: string) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > began
    expect(markers.filesWith('/dev/shm', '/run', '/var/lib/nfsha-play', '/var/log', '/var/spool').filter(isNew)).toEqual([])
    const elsewhere = readdirSync(tmpdir()).map(name => join(tmpdir(), name))
    expect(elsewhere.filter(file => isNew(file) && !file.startsWith(folder) && markers.isIn(file))).toEqual([])
    const journal = spawnSync('journalctl', ['--since', `@${Math.floor(began / 1000)}`, '-o', 'export'], {
      encoding: 'latin1',
      maxBuffer: 2 ** 28,
    })
    if (journal.error === undefined) expect(markers.found(journal.stdout)).toEqual([])
  })
})

/** Files with an error on a line with a secret, or below one. */
const mistakes = (): string[] => {
  const { heartbeat, drbd, become, ssh, foreign } = values
  const vars = (text: string) => `nfs:\n  vars:\n${text}`
  return [
    vars(`    heartbeat_secret: @${heartbeat}\n`),
    vars(`    heartbeat_secret:\n      @${heartbeat}\n`),
    vars(`    heartbeat_secret: ${heartbeat}: x\n`),
    vars(`    heartbeat_secret:\n      ${heartbeat}: x: y\n`),
    vars(`    heartbeat_secret: |\n      ${heartbeat}\n    ${heartbeat}\n`),
    vars(`    heartbeat_secret: "${heartbeat}\n      ${drbd}\n    x: y\n`),
    vars(`    drbd_secret: '${drbd}\n  x: ${drbd}'\n`),
    vars(`    drbd_secrt: @${drbd}\n`),
    vars(`    drbd_secret: !${drbd} x\n`),
    vars(`    drbd_secret: *${drbd}\n`),
    vars(`    drbd_secret: !vault ${drbd}\n`),
    vars(`    drbd_secret: {${drbd}\n`),
    vars(`    ? ansible_become_password\n    : @${become}\n`),
    vars(`\tansible_become_password: ${become}\n`),
    vars(`    ansible_become_password: ${become}\n    ansible_become_password: ${become}\n`),
    vars(`    company_api_token: [${foreign}\n`),
    vars(`    key_passphrase: @${foreign}\n`),
    `nfs: {vars: {heartbeat_secret:\n  @${heartbeat} }}\n`,
    `nfs: {hosts: {M1: {ansible_password: ${ssh}, ansible_port: x${ssh}, [}}}\n`,
    `{"nfs": {"vars": {"heartbeat_secret": "${heartbeat}}}}\n`,
    `[nfs]\nM1 ansible_password=${ssh} ${become}\n`,
    `[nfs]\nM1 ansible_password "${ssh}\n`,
    `[nfs]\nM1 ansible_password=${ssh} foo\n`,
    `[nfs]\nM1\n[nfs:vars]\nheartbeat_secret ${heartbeat}\n`,
    `[nfs]\nM1\n[nfs:vars]\nheartbeat_secret=${heartbeat}\n  ${drbd}\n`,
    `[nfs]\nM1\n[nfs:vars]\nheartbeat_secret\n=${heartbeat}\n`,
  ]
}

/** Invalid arguments of `-e`. */
const wrongExtras = (): string[] => [
  `heartbeat_secret=${values.wrong} ${values.wrong}`,
  `heartbeat_secret:${values.wrong}`,
  `heartbeat_secret="${values.wrong}`,
  `heartbeat_secrt=${values.wrong}`,
  `{heartbeat_secret: ${values.wrong}`,
  `{heartbeat_secret: [${values.wrong}]}`,
  `{"heartbeat_secret": "${values.wrong}\\n"}`,
  `{"heartbeat_secret": "${values.wrong}" x}`,
  `drbd_secret=${values.wrong.repeat(5)}`,
  `drbd_secret=${values.wrong}é`,
  `ansible_become=${values.wrong}`,
]
