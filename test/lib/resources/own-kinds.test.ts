import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { group, parseUser, user, userChanges } from '../../../lib/resources/account.ts'
import { command } from '../../../lib/resources/command.ts'
import { cronEntry } from '../../../lib/resources/cron-entry.ts'
import type { HostResource } from '../../../lib/resources/resource.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-kinds-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The verdict for this machine. */
const judged = <S>({ probe, compare }: HostResource<S>) => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', probe.sh], { encoding: 'utf8' })
  const reading = probe.parse({ code: status ?? -1, stdout, stderr, at: 0 })
  return reading.kind === 'present' || reading.kind === 'absent' ? compare(reading, () => undefined) : reading
}

test('a command differs while its path is missing, or while `unless` fails', () => {
  const path = join(folder, "it's made")
  const creates = command('make', 'true', { creates: path })
  const unless = command('make', 'true', { unless: `[ -e "${path}" ]; # no more` })
  expect(judged(creates)).toMatchObject({ kind: 'differs', changes: [{ attribute: path, from: 'missing', to: 'created' }] })
  expect(judged(unless)).toMatchObject({ kind: 'differs', changes: [{ attribute: 'done', to: 'yes' }] })
  writeFileSync(path, '')
  expect([judged(creates), judged(unless)]).toEqual([{ kind: 'in-sync' }, { kind: 'in-sync' }])
})

test('accounts are read from the host', () => {
  const { username, homedir, shell } = userInfo()
  expect(judged(user(username, { home: homedir, ...(shell && { shell }) }))).toEqual({ kind: 'in-sync' })
  expect(judged(user(username, { home: '/elsewhere' }))).toMatchObject({
    changes: [{ attribute: 'home', from: homedir, to: '/elsewhere' }],
  })
  expect(judged(user('no-such-user'))).toMatchObject({ changes: [{ attribute: 'user', to: 'no-such-user' }] })
  expect(judged(group('no-such-group'))).toMatchObject({ changes: [{ attribute: 'group', to: 'no-such-group' }] })
})

test('groups are added to an account, and its primary group counts', () => {
  const state = parseUser('u:x:1000:1000::/home/u:/bin/sh\nstaff\nstaff adm\n')
  expect(state).toEqual({ home: '/home/u', shell: '/bin/sh', group: 'staff', groups: ['adm'] })
  expect(userChanges('u', state, { groups: ['staff', 'adm'] })).toEqual([])
  expect(userChanges('u', state, { groups: ['adm', 'disk'] })).toEqual([{ attribute: 'groups', from: 'adm', to: 'disk' }])
  expect(parseUser('nonsense')).toBeUndefined()
})

test('a cron entry that cron would not read is refused', () => {
  const schedule = '*/5 * * * *'
  expect(cronEntry('job', { schedule, command: 'date +\\%s' }).id).toBe('cron entry job')
  expect(() => cronEntry('a.job', { schedule, command: 'true' })).toThrow(/letters/)
  expect(() => cronEntry('job', { schedule: '* * *', command: 'true' })).toThrow(/five fields/)
  expect(() => cronEntry('job', { schedule, command: 'date +%s' })).toThrow(/one line/)
  expect(() => cronEntry('job', { schedule, command: 'true\n* * * * * root evil' })).toThrow(/one line/)
})
