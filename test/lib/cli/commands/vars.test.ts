import { expect, test } from 'vitest'
import { workspace } from '../../config/workspace.ts'
import { cli, cliIn } from '../run.ts'

const lab = ['-i', 'inventory/lab.yml']

test('vars: a table with aligned columns, without secrets', () => {
  const { stdout, status } = cli('vars', 'M1', ...lab, '-e', 'nfs_export_path=/lab-drbd-secret')
  expect(status).toBe(0)
  const [title, ...rows] = stdout.trimEnd().split('\n')
  expect(title).toBe('M1, node of cluster nfs')
  expect(rows).toContainEqual(expect.stringMatching(/^heartbeat_secret {2,}\*\*\* {2,}inventory\/lab\.yml:\d+:\d+$/))
  expect(rows).toContainEqual(expect.stringMatching(/^nfs_export_path {2,}\/\*\*\* {2,}-e$/))
  expect(stdout).not.toMatch(/lab-(drbd|heartbeat)-secret/)
  const columns = rows.map(row => row.search(/(inventory\/lab\.yml:\d+:\d+|default of the role|not set|-e)$/))
  expect(new Set(columns).size).toBe(1)
})

test('vars --json: the same as JSON', () => {
  const { stdout } = cli('vars', 'C1', ...lab, '--json')
  expect(JSON.parse(stdout)).toMatchObject([
    {
      cluster: 'nfs',
      as: 'client',
      variables: { client_mount: { value: '/data', from: 'default of the role' }, drbd_secret: { value: '***' } },
    },
  ])
})

test('inventory: group_vars beside a playbook are read with --playbook-dir', () => {
  const cwd = workspace({ 'hosts.yml': 'web:\n  hosts:\n    W1:\n', 'play/group_vars/web': 'colour: blue\n' })
  const shown = (...argv: string[]) => JSON.parse(cliIn(cwd, ['inventory', '-i', 'hosts.yml', '--host', 'W1', ...argv]).stdout)
  expect(shown()).toEqual({})
  expect(shown('--playbook-dir', 'play')).toEqual({ colour: 'blue' })
})
