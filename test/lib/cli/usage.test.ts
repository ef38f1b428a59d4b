import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { commandNames } from '../../../lib/cli/commands/names.ts'
import { help } from '../../../lib/cli/help.ts'
import { didYouMean } from '../../../lib/config/suggest.ts'
import { outputFormats } from '../../../lib/report/open-view.ts'
import { roles } from '../../../roles/index.ts'
import { bin, cli, cliIn } from './run.ts'

const lab = ['-i', 'inventory/lab.yml']

test('the help fits a screen and names every command', () => {
  expect(cli('--help').stdout).toBe(help)
  const lines = help.trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(24)
  expect(Math.max(...lines.map(l => l.length))).toBeLessThanOrEqual(80)
  const named = lines
    .slice(0, lines.indexOf(''))
    .join(' ')
    .split(/[^\w-]+/)
  expect(commandNames.filter(name => !named.includes(name))).toEqual([])
  expect(help).toContain(`--output <${outputFormats.join('|')}>`)
})

test.each([
  ['an unknown playbook', ['siet.yml'], /no playbook and no role 'siet.yml'\n {2}did you mean 'site.yml'/],
  ['an unknown role', ['heartbaet', ...lab], /did you mean 'heartbeat'/],
  ['an unknown host', ['site.yml', ...lab, '-l', 'M3'], /no host or group 'M3'[\s\S]*did you mean 'M1'/],
  [
    'an unknown variable',
    ['site.yml', ...lab, '-e', 'heartbeat_deadtme=3'],
    /unknown variable 'heartbeat_deadtme'[\s\S]*did you mean 'heartbeat_deadtime'/,
  ],
  ['an unknown tag', ['site.yml', ...lab, '-t', 'heartbaet'], /no tag 'heartbaet'[\s\S]*did you mean 'heartbeat'/],
  ['an unknown option', ['site.yml', '--chek'], /unknown option '--chek'[\s\S]*--check/],
  ['an unknown command', ['valt', 'view', 'x.yml'], /no command 'valt'\n {2}did you mean 'vault'/],
  ['an unknown command alone', ['pingg'], /no playbook and no role 'pingg'\n {2}did you mean 'ping'/],
  ['an unknown command of a command', ['vault', 'veiw', 'x.yml'], /unknown command 'veiw'[\s\S]*view/],
  ['an unknown option of a command', ['vault', 'rekey', 'x.yml', '--new-vault-password-fil', 'x'], /--new-vault-password-file/],
  ['an option that a command does not read', ['vault', 'view', 'x.yml', '--check'], /--check is not supported by 'vault'/],
  ['vars of an unknown host', ['vars', 'M3', ...lab], /no host 'M3' in the inventory\n {2}did you mean 'M1'/],
  ['vars of a host without a cluster', ['vars', 'X1', '-i', 'X1,'], /X1 is neither a node nor a client/],
  ['a graph of an unknown group', ['inventory', '--graph', 'cleints', ...lab], /no group 'cleints'[\s\S]*did you mean 'clients'/],
  ['an inventory command that shows nothing', ['inventory', ...lab], /one of --graph, --list or --host/],
  ['a listing of two hosts', ['inventory', '--host', 'nfs', ...lab], /--host nfs: expected one host, matched 2/],
  ['a group without a graph', ['inventory', '--list', 'nfs', ...lab], /'nfs' is supported with --graph only/],
  ['0 forks', ['drift', 'site.yml', ...lab, '-f', '0'], /must be a whole number/],
  ['-1 forks', ['drift', 'site.yml', ...lab, '-f', '-1'], /must be a whole number/],
  ['abc forks', ['drift', 'site.yml', ...lab, '-f', 'abc'], /must be a whole number/],
  ['empty forks', ['drift', 'site.yml', ...lab, '-f', ''], /must be a whole number/],
  ['1.5 forks', ['drift', 'site.yml', ...lab, '-f', '1.5'], /must be a whole number/],
  ['1e9 forks', ['drift', 'site.yml', ...lab, '-f', '1e9'], /must be a whole number/],
  [' 5 forks', ['drift', 'site.yml', ...lab, '-f', ' 5'], /must be a whole number/],
  ['an inventory without a name', ['ping', 'nfs', '-i', ''], /--inventory: the value is empty/],
  ['nobody to log in as', ['ping', 'nfs', ...lab, '-u', ' '], /--user: the value is empty/],
  ['no tag to skip', ['site.yml', ...lab, '--skip-tags', '', '--list-tasks'], /--skip-tags: the value is empty/],
  ['no key', ['ping', 'nfs', ...lab, '--private-key', ''], /--private-key: the value is empty/],
  ['a directory without a name', ['init', ''], /argument 1 of 'init' is empty/],
  ['a lab without a name', ['lab', 'status', '--name', ''], /--name: the value is empty/],
  ['a file without a name', ['vault', 'view', ''], /argument 1 of 'view' is empty/],
  ['two playbooks', ['site.yml', 'status.yml'], /too many arguments/],
  ['the example inventory', ['site.yml'], /inventory\/hosts.yml:\d+:\d+: this inventory is an example/],
  ['a group of another name', ['site.yml', '-i', 'X1,'], /site.yml:3:10: no host or group 'nfs' in the inventory[\s\S]*it has: X1/],
  ['an unknown exclusion', ['unlock', 'nfs:!M9', ...lab], /no host or group 'M9' in the inventory\n {2}did you mean 'M1'/],
  ['a limit that excludes everything', ['status.yml', ...lab, '-l', 'C1'], /\(hosts: nfs; --limit C1\), so nothing was done/],
  ['drift of no host', ['drift', 'status.yml', ...lab, '-l', 'C1'], /it matches no host of this inventory/],
  ['drift in a status format', ['drift', 'status.yml', ...lab, '--output', 'json'], /--output json is for status.yml, not for drift/],
  ['unlock without a host', ['unlock', 'nfs', ...lab, '-l', 'C1'], /nfs with --limit C1: no host/],
  [
    'a sudo password without a terminal',
    ['ping', ...lab, '-K'],
    /BECOME password \(-K\): there is no terminal to ask on\n {2}without one, put ansible_become_password/,
  ],
  ['an option that ping does not read', ['ping', ...lab, '--check'], /--check is not supported by 'ping'/],
  ['a profile with --watch', ['status.yml', ...lab, '--watch', '--profile'], /--profile cannot be combined with --watch/],
  ['a profile in a directory', ['site.yml', ...lab, '--profile-report', '.'], /--profile-report: \. cannot be written: it is a directory/],
  ['a profile that drift cannot write', ['drift', ...lab, '--profile-report', 'no/x'], /--profile-report: no\/x cannot be written: ENOENT/],
  ['a profile of a command that plays nothing', ['vars', 'M1', ...lab, '--profile'], /--profile is not supported by 'vars'/],
])('%s: exit code 2, its place, a hint, no stack trace', (_name, argv, text) => {
  const { status, stderr, stdout } = cli(...argv)
  expect(stderr).toMatch(text)
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/^\s+at /m)
})

test.each(['status', 'switchover', 'maintenance', 'split-brain', 'replace-node', 'start', 'force-primary', 'verify', 'fence-test'])(
  '%s means the playbook of that name',
  name => {
    const { stdout, stderr, status } = cli(name, ...lab, '--list-hosts')
    expect(status, stderr).toBe(0)
    expect(stdout).toContain('hosts: M1 M2')
  },
)

test('drift lists what it would read', () => {
  const { stdout, stderr, status } = cli('drift', 'status', ...lab, '--list-hosts', '--list-tasks')
  expect(status, stderr).toBe(0)
  expect(stdout).toContain('hosts: M1 M2')
  expect(stdout).toContain('status : state of the service')
})

test('a list needs no machine', () => {
  const { stdout, status } = cli('drbd-build', ...lab, '--list-tasks')
  expect(status).toBe(0)
  expect(stdout).toContain('drbd-build : kernel module drbd')
})

describe('in a directory without an inventory', () => {
  const here = mkdtempSync(join(tmpdir(), 'nfsha-empty-'))
  afterAll(() => rmSync(here, { recursive: true }))
  const none = 'no ./inventory/hosts.yml here: `nfsha-play init` writes one, -i names another\n'

  test.each(['site.yml --check', 'ping', 'vars M1', 'cron install', 'drift', 'site.yml --list-hosts', 'site.yml --list-tasks -l M1'])(
    '%s reports that',
    words => {
      expect(cliIn(here, words.split(' '))).toMatchObject({ status: 2, stdout: '', stderr: none })
    },
  )

  test.each([
    ['site.yml --list-tasks', 'heartbeat : package heartbeat'],
    ['site.yml --list-tags', 'tags: base routes heartbeat'],
    ['heartbeat --list-tasks', 'heartbeat : package heartbeat'],
    ['mine.yml --list-tasks', 'heartbeat : package heartbeat'],
  ])('%s does not need one', (words, text) => {
    writeFileSync(join(here, 'mine.yml'), '- hosts: servers\n  roles: [heartbeat]\n')
    const { status, stdout, stderr } = cliIn(here, words.split(' '))
    expect(status, stderr).toBe(0)
    expect(stdout).toContain(text)
  })
})

test.each([
  '--help',
  'vars M1 -i inventory/lab.yml',
  'site.yml -i inventory/lab.yml --list-tasks',
  'inventory --list -i inventory/lab.yml',
])('%s on a full device: exit code 2, the reason, no trace', words => {
  const full = openSync('/dev/full', 'w')
  try {
    const run = spawnSync(process.execPath, [bin, ...words.split(' ')], { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] })
    expect(run.stderr).toBe('stdout cannot be written: no space left on the device\n')
    expect(run.status).toBe(2)
  } finally {
    closeSync(full)
  }
})

test('a reader that closes early is not reported', () => {
  const script = `'${process.execPath}' '${bin}' site.yml -i inventory/lab.yml --list-tasks | head -1`
  expect(spawnSync('sh', ['-c', script], { encoding: 'utf8' })).toMatchObject({ stdout: 'play #1 (NFS HA cluster)\n', stderr: '' })
})

test('no role is treated as a mistyped command', () => {
  expect(roles.filter(role => didYouMean(role.name, commandNames))).toEqual([])
})

test.each([
  [['vault', '--help'], 'encrypt-string'],
  [['help', 'vault'], 'encrypt-string'],
  [['lab', '--help'], 'power-off'],
])('%j shows the help of the command', (argv, word) => {
  const { status, stdout } = cli(...argv)
  expect(status).toBe(0)
  expect(stdout).toContain(word)
})
