import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { help } from '../../../lib/cli/help.ts'

const bin = fileURLToPath(new URL('../../../bin/nfsha-play.js', import.meta.url))
const lab = ['-i', 'inventory/lab.yml']
const cli = (...argv: string[]) => spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8' })

test('the help fits a screen and names every option', () => {
  expect(cli('--help').stdout).toBe(help)
  const lines = help.trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(24)
  expect(Math.max(...lines.map(l => l.length))).toBeLessThanOrEqual(80)
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
  ['the example inventory', ['site.yml'], /inventory\/hosts.yml:\d+:\d+: this inventory is an example/],
  ['a lab that is not up', ['site.yml', ...lab, '-e', 'nfsha_lab=none'], /lab 'none' is not running/],
])('%s: exit code 2, its place, what to do, no stack trace', (_name, argv, text) => {
  const { status, stderr, stdout } = cli(...argv)
  expect(stderr).toMatch(text)
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).not.toMatch(/^\s+at /m)
})

test.each(['status', 'switchover', 'maintenance', 'split-brain'])('%s is the playbook of that name', name => {
  const { stdout, stderr, status } = cli(name, ...lab, '--list-hosts')
  expect(status, stderr).toBe(0)
  expect(stdout).toContain('hosts: M1 M2')
})

test('a list needs no machine', () => {
  const { stdout, status } = cli('drbd-build', ...lab, '--list-tasks')
  expect(status).toBe(0)
  expect(stdout).toContain('drbd-build : kernel module drbd')
})
