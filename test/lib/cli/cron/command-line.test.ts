import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { argvOf } from '../../../../lib/cli/cron/command-line.ts'

const argv = (argument: string) => argvOf(argument, { inventory: ['inventory/lab.yml'] }, {})

test('a job has absolute paths where drift takes names', () => {
  expect(argv('status')[3]).toMatch(/^\/.*\/playbooks\/status\.yml$/)
  expect(argv('site.yml')[3]).toMatch(/^\/.*\/playbooks\/site\.yml$/)
  expect(argv('nfs')[3]).toBe('nfs')
})

test('a role of the user is found in ./roles and with --roles-path, and so does the job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-cron-'))
  try {
    mkdirSync(join(folder, 'web'))
    writeFileSync(join(folder, 'web', 'role.ts'), '')
    const all = argvOf('web', { ...lab, rolesPath: [folder] }, {})
    expect(all[3]).toBe('web')
    expect(all.slice(all.indexOf('--roles-path'))[1]).toBe(folder)
    expect(() => argvOf('wbe', { ...lab, rolesPath: [folder] }, {})).toThrow(/did you mean 'web'/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const lab = { inventory: ['inventory/lab.yml'] }

test.each([
  ['names of hosts', { inventory: ['M1,M2', ' M1 , '] }, ['-i', 'M1,M2', '-i', ' M1 , ']],
  ['a limit in a file', { ...lab, limit: '@retry' }, ['--limit', `@${resolve('retry')}`]],
  ['limits in files', { ...lab, limit: 'M1, @a ,@b' }, ['--limit', `M1, @${resolve('a')},@${resolve('b')}`]],
  ['a limit in no file', { ...lab, limit: 'nfs:!M2' }, ['--limit', 'nfs:!M2']],
  ['a file at home', { ...lab, vaultPasswordFile: ['~/pw'] }, ['--vault-password-file', `${homedir()}/pw`]],
  ['a label of the vault', { ...lab, vaultId: ['a@pw'] }, ['--vault-id', `a@${resolve('pw')}`]],
  ['variables in a file', { ...lab, extraVars: ['@vars.yml', 'nfs_threads=8'] }, ['-e', `@${resolve('vars.yml')}`, '-e', 'nfs_threads=8']],
])('%s: the job finds the same files', (_what, options, words) => {
  const all = argvOf('status', options, {})
  expect(all.slice(all.indexOf(words[0] ?? ''), all.indexOf(words[0] ?? '') + words.length)).toEqual(words)
})

test.each([
  [{ ...lab, vaultPasswordFile: ['/dev/fd/63'] }, '/dev/fd/63 is open in this shell only'],
  [{ ...lab, vaultId: ['a@/proc/self/fd/63'] }, 'is open in this shell only'],
  [{ inventory: ['/dev/stdin'] }, '/dev/stdin is open in this shell only'],
  [{ ...lab, extraVars: ['@/dev/fd/9'] }, '/dev/fd/9 is open in this shell only'],
  [{ ...lab, limit: '@/dev/fd/9' }, '/dev/fd/9 is open in this shell only'],
  [{ ...lab, extraVars: ['heartbeat_secret=hunter2'] }, '-e heartbeat_secret: crontab and ps show it'],
  [{ ...lab, extraVars: ['{"ansible_become_password": "hunter2"}'] }, '-e ansible_become_password: crontab and ps show it'],
  [{ ...lab, extraVars: ['nfs_threads=8 drbd_secret=hunter2'] }, '-e drbd_secret: crontab and ps show it'],
])('%j is refused', (options, text) => {
  expect(() => argvOf('status', options, {})).toThrow(text)
  expect(() => argvOf('status', options, {})).not.toThrow('hunter2')
})
