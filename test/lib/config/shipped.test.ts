import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clustersOf } from '../../../lib/config/cluster.ts'
import { connectionTarget } from '../../../lib/config/connection.ts'
import { refuseExample } from '../../../lib/config/example.ts'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { matchHosts } from '../../../lib/config/pattern.ts'
import { loadPlaybook } from '../../../lib/config/playbook.ts'
import { readVariable, resolveVars } from '../../../lib/config/variables.ts'
import { Vars } from '../../../roles/vars.ts'
import { failure } from './workspace.ts'

const cwd = join(import.meta.dirname, '../../..')
const load = (file: string) => loadInventory([file], { cwd })

describe('inventory/hosts.yml', () => {
  it('is refused until it is edited, at the line to remove', () => {
    expect(failure(() => refuseExample(load('inventory/hosts.yml')))).toMatch(
      /^inventory\/hosts.yml:\d+:\d+: this inventory is an example\n.*nfsha_example: true/,
    )
  })

  it('is the pair of the reference setup, complete except for the two secrets', () => {
    const inventory = load('inventory/hosts.yml')
    expect(clustersOf(inventory)).toMatchObject([{ name: 'nfs', nodes: ['M1', 'M2'], clients: [] }])
    expect(failure(() => resolveVars(inventory, 'M1', { schema: Vars })).match(/_secret: /g)).toHaveLength(2)
    const extraVars = parseExtraVars(['heartbeat_secret=twelve-characters drbd_secret=twelve-characters'], inventory.vault)
    for (const host of ['M1', 'M2'])
      expect(resolveVars(inventory, host, { schema: Vars, extraVars }).values.ha_vip).toBe('192.168.0.219/24')
    expect(connectionTarget(inventory, 'M2')).toMatchObject({ address: '192.168.0.211', user: 'root' })
  })
})

describe('inventory/lab.yml', () => {
  it('is complete and not an example', () => {
    const inventory = load('inventory/lab.yml')
    refuseExample(inventory)
    expect(clustersOf(inventory)).toMatchObject([{ name: 'nfs', nodes: ['M1', 'M2'], clients: ['C1'] }])
    for (const host of ['M1', 'M2']) expect(resolveVars(inventory, host, { schema: Vars }).values.drbd_disk).toBe('/dev/vdb')
    const sshConfigFile = join(homedir(), '.local/state/nfsha-play/lab/default/ssh_config')
    for (const host of ['M1', 'M2', 'C1'])
      expect(connectionTarget(inventory, host)).toEqual({ name: host, kind: 'ssh', address: host, sshConfigFile, connectTimeout: 90_000 })
    expect(readVariable(inventory, 'C1', 'node_service_ip')).toBe('192.168.0.50')
  })
})

it.each(['inventory/hosts.yml', 'inventory/lab.yml'])('playbooks/site.yml finds its hosts in %s', file => {
  const { plays } = loadPlaybook('playbooks/site.yml', { cwd })
  expect(plays.map(play => play.roles.map(entry => entry.role))).toEqual([
    ['base', 'routes', 'heartbeat', 'drbd-build', 'drbd-init', 'nfs', 'integrate'],
    ['client'],
  ])
  for (const play of plays) expect(() => matchHosts(load(file), play.hosts)).not.toThrow()
})
