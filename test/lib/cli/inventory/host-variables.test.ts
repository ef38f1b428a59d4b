import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type HostPart, hostVariables } from '../../../../lib/cli/inventory/host-variables.ts'
import { planOf } from '../../../../lib/cli/run/plan.ts'
import { parseExtraVars } from '../../../../lib/config/extra-vars.ts'
import { loadInventory } from '../../../../lib/config/inventory.ts'
import type { Inventory } from '../../../../lib/config/model.ts'
import { loadPlaybook } from '../../../../lib/config/playbook.ts'
import { encrypt, encryptString } from '../../../../lib/config/vault.ts'
import { ClientVars, Vars } from '../../../../roles/vars.ts'
import { failure, inventoryOf } from '../../config/workspace.ts'

const cwd = join(import.meta.dirname, '../../../..')
const lab = () => loadInventory(['inventory/lab.yml'], { cwd })
const of = (inventory: Inventory, host: string, extra: string[] = []) =>
  hostVariables(inventory, host, parseExtraVars(extra, inventory.vault)).parts
const pick = (part: HostPart | undefined, name: string) => part?.variables.find(variable => variable.name === name)

describe('the variables of a host', () => {
  it('of a node are complete, each with its place', () => {
    const [part, ...others] = of(lab(), 'M1', ['nfs_threads=16'])
    expect(others).toEqual([])
    expect(part).toMatchObject({ cluster: 'nfs', as: 'node' })
    expect(Object.keys(Vars.shape).filter(name => !pick(part, name))).toEqual([])
    expect(pick(part, 'nfs_threads')).toEqual({ name: 'nfs_threads', value: 16, from: '-e', secret: false })
    expect(pick(part, 'nfs_fsid')).toEqual({ name: 'nfs_fsid', value: 1, from: 'default of the role', secret: false })
    expect(pick(part, 'drbd_init_primary')).toEqual({ name: 'drbd_init_primary', value: undefined, from: 'not set', secret: false })
    expect(pick(part, 'node_name')?.from).toMatch(/inventory\/lab\.yml:12:22$/)
    expect(pick(part, 'failover_lab')?.value).toBe('default')
  })

  it('of a client and of a node are the same as in a play', () => {
    const inventory = lab()
    const { plays } = loadPlaybook('playbooks/site.yml', { cwd })
    const { cluster } = planOf(plays, inventory, {}, new Map()).plays[1]?.targets[0] ?? {}
    const [client] = of(inventory, 'C1')
    const played = cluster?.clients[0]?.vars as Record<string, unknown>
    const shared = client?.variables.filter(({ name }) => name in Vars.shape && !name.startsWith('node_')) ?? []
    expect(shared.length).toBeGreaterThan(30)
    for (const { name, value } of shared) expect(value, name).toEqual(played[name])
    expect(Object.keys(ClientVars.shape).filter(name => !pick(client, name))).toEqual([])
    expect(pick(client, 'node_service_ip')).toMatchObject({ value: '192.168.0.50' })
    expect(pick(client, 'node_name')).toBeUndefined()
  })

  it('of a client shared by two clusters are shown for each', () => {
    const pair = (n: number) =>
      `c${n}:\n  hosts:\n    A${n}: {node_name: a${n}, node_service_ip: 10.0.${n}.1, node_heartbeat_ip: 10.1.${n}.1, node_drbd_ip: 10.2.${n}.1}\n` +
      `    B${n}: {node_name: b${n}, node_service_ip: 10.0.${n}.2, node_heartbeat_ip: 10.1.${n}.2, node_drbd_ip: 10.2.${n}.2}\n` +
      `  vars: {ha_vip: 10.0.${n}.9/24, heartbeat_ping: 10.0.${n}.3, heartbeat_secret: long-enough, drbd_secret: long-enough, drbd_disk: /dev/vdb, nfs_export_network: 10.0.${n}.0/24}\n`
    const inventory = inventoryOf({ 'hosts.yml': `${pair(1)}${pair(2)}clients:\n  hosts:\n    C1: {client_mount: /srv}\n` })
    const parts = of(inventory, 'C1')
    expect(parts.map(part => [part.cluster, part.as, pick(part, 'ha_vip')?.value, pick(part, 'client_mount')?.value])).toEqual([
      ['c1', 'client', '10.0.1.9/24', '/srv'],
      ['c2', 'client', '10.0.2.9/24', '/srv'],
    ])
  })

  it('are secret by the schema, by the vault, and by an encrypted file', () => {
    const password = { password: 'p' }
    const files = {
      'hosts.yml': readFileSync(join(cwd, 'inventory/lab.yml'), 'utf8').replace(/ drbd_disk:.*/, ''),
      'host_vars/M1': encryptString('/dev/vdc', password, 'drbd_disk'),
      'group_vars/nfs': encrypt('nfs_threads: 12\n', password),
    }
    const inventory = inventoryOf(files, { vaultPasswords: [password] })
    const { parts, secrets } = hostVariables(inventory, 'M1', new Map())
    const secret = parts[0]?.variables.filter(variable => variable.secret).map(variable => variable.name)
    expect(secret).toEqual(['heartbeat_secret', 'heartbeat_stonith_secret', 'drbd_disk', 'drbd_secret', 'nfs_threads'])
    expect(secrets).toContain('/dev/vdc')
  })

  it('are not guessed: a mistake is an error at its place', () => {
    expect(failure(() => of(lab(), 'M1', ['heartbeat_deadtme=3']))).toContain("-e: unknown variable 'heartbeat_deadtme'")
    expect(failure(() => of(lab(), 'M1', ['nfs_threads=many']))).toContain('nfs_threads: must be a number, not text')
  })
})
