import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPlayable, playbookOfRole } from '../../../lib/config/playable.ts'
import { failure, workspace } from './workspace.ts'

const packageFiles = {
  'package/playbooks/site.yml': '- hosts: nfs\n  roles: [base, nfs]\n- hosts: clients\n  roles: [client]\n',
  'package/playbooks/status.yml': '- hosts: nfs\n',
}

const places = (files: Record<string, string> = {}) => {
  const root = workspace({ ...packageFiles, 'here/.keep': '', ...files })
  return { cwd: join(root, 'here'), packageRoot: join(root, 'package'), roleNames: ['base', 'nfs', 'client', 'heartbeat'] }
}
const find = (argument: string, files: Record<string, string> = {}) => {
  const where = places(files)
  const found = findPlayable(argument, where)
  return found.kind === 'role' ? `role ${found.role}` : found.file.replace(join(where.cwd, '..'), '')
}

describe('findPlayable', () => {
  it.each([
    ['site.yml', {}, '/package/playbooks/site.yml'],
    ['site', {}, '/package/playbooks/site.yml'],
    ['site.yml', { 'here/playbooks/site.yml': '' }, '/here/playbooks/site.yml'],
    ['mine.yml', { 'here/mine.yml': '' }, '/here/mine.yml'],
    ['./sub/mine.yml', { 'here/sub/mine.yml': '' }, '/here/sub/mine.yml'],
    ['../here/mine.yml', { 'here/mine.yml': '' }, '/here/mine.yml'],
    ['./site.yml', { 'here/site.yml': '', 'here/playbooks/site.yml': '' }, '/here/site.yml'],
    ['nfs', {}, 'role nfs'],
    ['roles/nfs', {}, 'role nfs'],
    ['nfs', { 'here/nfs': 'some file' }, 'role nfs'],
    ['nfs.yml', { 'here/nfs.yml': '' }, '/here/nfs.yml'],
  ])('%s with %j is %s', (argument, files, expected) => {
    expect(find(argument, files)).toBe(expected)
  })

  it.each([
    [
      'site.yml',
      { 'here/site.yml': '', 'here/playbooks/site.yml': '' },
      "'site.yml' is ambiguous: the playbook site.yml, or the playbook playbooks/site.yml",
    ],
    ['nfs', { 'here/playbooks/nfs.yml': '' }, "'nfs' is ambiguous: the playbook playbooks/nfs.yml, or the role nfs"],
    ['sit.yml', {}, "did you mean 'site.yml'?"],
    ['staus', {}, "did you mean 'status'?"],
    ['hearbeat', {}, "did you mean 'heartbeat'?"],
    ['zzz', {}, 'there are: site.yml, status.yml, base, nfs, client, heartbeat'],
    ['./missing.yml', {}, 'no playbook and no role'],
  ])('%s with %j is an error', (argument, files, message) => {
    expect(failure(() => find(argument, files))).toContain(message)
  })
})

describe('playbookOfRole', () => {
  it('uses the hosts of the play in site.yml that names the role', () => {
    const { plays } = playbookOfRole('client', places())
    expect(plays.map(play => [play.hosts, play.roles.map(entry => entry.role)])).toEqual([[['clients'], ['client']]])
  })

  it('needs such a play', () => {
    expect(failure(() => playbookOfRole('heartbeat', places()))).toContain("names the role 'heartbeat'")
  })
})
