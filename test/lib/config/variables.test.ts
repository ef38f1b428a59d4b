import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { resolveVars } from '../../../lib/config/variables.ts'
import { encrypt, encryptString } from '../../../lib/config/vault.ts'
import { failure, inventoryOf } from './workspace.ts'

const schema = z.object({
  heartbeat_deadtime: z.number().default(8),
  heartbeat_ping: z.ipv4().describe('ping node'),
  heartbeat_secret: z.string().min(8).meta({ secret: true }).optional(),
  ha_start: z.boolean().default(false),
  drbd_lvm: z.strictObject({ group: z.string(), size: z.array(z.number()) }).optional(),
  nfs_mode: z.number().optional(),
  nfs_options: z.string().optional(),
})
const hosts = (vars: string) => `nfs:\n  hosts:\n    M1:\n  vars:\n    heartbeat_ping: 10.0.0.1\n${vars.replace(/^/gm, '    ')}\n`
const resolve = (vars: string, extra: string[] = [], passwords: string[] = []) => {
  const inventory = inventoryOf({ 'hosts.yml': hosts(vars) }, { vaultPasswords: passwords.map(password => ({ password })) })
  return resolveVars(inventory, 'M1', { schema, extraVars: parseExtraVars(extra, inventory.vault), knownNames: ['client_mount'] })
}
const problem = (vars: string, extra: string[] = []) => failure(() => resolve(vars, extra))

describe('resolveVars', () => {
  it('returns values, their origins and the defaults', () => {
    const { values, origins } = resolve('heartbeat_deadtime: 2', ['ha_start=yes'])
    expect(values).toMatchObject({ heartbeat_deadtime: 2, heartbeat_ping: '10.0.0.1', ha_start: true })
    expect(origins).toMatchObject({ heartbeat_deadtime: 'hosts.yml:6:25', ha_start: '-e', drbd_lvm: 'default' })
  })

  it('ignores other variables, including their templates', () => {
    expect(resolve('ntp_server: "{{ x }}"\nclient_mount: /x\nvault_thing: !vault |\n  nonsense').values).not.toHaveProperty('ntp_server')
  })

  it('converts text to the type of the schema where every value is text', () => {
    expect(resolve('', ['nfs_mode=0644 heartbeat_deadtime=2.5 nfs_options=42']).values).toMatchObject({
      nfs_mode: 420,
      heartbeat_deadtime: 2.5,
      nfs_options: '42',
    })
    expect(problem('ha_start: "yes"')).toContain('ha_start: must be true or false, not text')
  })

  it('accepts INI text and numbers alike', () => {
    const inventory = inventoryOf({ hosts: '[nfs]\nM1 heartbeat_ping=10.0.0.1 ha_start=true nfs_options=12 nfs_mode=0644\n' })
    expect(resolveVars(inventory, 'M1', { schema }).values).toMatchObject({ ha_start: true, nfs_options: '12', nfs_mode: 420 })
  })

  it.each([
    [
      'heartbeat_deadtme: 3',
      "hosts.yml:6:5: unknown variable 'heartbeat_deadtme'\n      heartbeat_deadtme: 3\n      ^\n  did you mean 'heartbeat_deadtime'?".replaceAll(
        '\n      ',
        '\n      ',
      ),
    ],
    ['heartbeat_deadtime: [1]', 'hosts.yml:6:25: heartbeat_deadtime: must be a number, not a list (for M1)'],
    ['drbd_lvm:\n  group: vg\n  size: [1, two]', 'hosts.yml:8:17: drbd_lvm.size[1]: must be a number, not text'],
    ['drbd_lvm: {group: vg, size: [], disk: x}', "drbd_lvm: unknown key 'disk'"],
    ['nfs_options: "{{ opts }}"', 'hosts.yml:6:18: templates ({{ }}) are not supported'],
    ['nfsha_exampel: true', "did you mean 'nfsha_example'?"],
  ])('points at %j', (vars, message) => {
    expect(problem(vars)).toContain(message)
  })

  it('reports all errors at once, including those from -e', () => {
    const text = problem('heartbeat_deadtme: 3\nnfs_mode: x', ['nfs_optins=x'])
    expect(text.match(/^\S+: .*$/gm)).toHaveLength(3)
    expect(text).toContain("-e: unknown variable 'nfs_optins'")
  })

  it('reports where to set a missing variable', () => {
    const inventory = inventoryOf({ 'hosts.yml': 'nfs:\n  hosts:\n    M1:\n' })
    expect(failure(() => resolveVars(inventory, 'M1', { schema }))).toBe(
      "hosts.yml:3:5: heartbeat_ping is not set for M1 (ping node)\n      M1:\n      ^\n  set it for the group 'nfs' or for M1 in hosts.yml, or in host_vars/M1.yml",
    )
  })
})

describe('secrets', () => {
  it('are values from the vault and fields marked in the schema', () => {
    const password = { password: 'p' }
    const vars = `heartbeat_secret: plain-secret\n${encryptString('10.0.0.7', password, 'nfs_options')}`
    expect(resolve(vars, [], ['p']).secrets).toEqual(['plain-secret', '10.0.0.7'])
  })

  it('are all texts of an encrypted file', () => {
    const files = {
      hosts: '[nfs]\nM1 heartbeat_ping=10.0.0.1\n',
      'group_vars/nfs': encrypt('nfs_options: hidden\nnfs_mode: 5\n', { password: 'p' }),
    }
    expect(resolveVars(inventoryOf(files, { vaultPasswords: [{ password: 'p' }] }), 'M1', { schema }).secrets).toEqual(['hidden'])
  })

  it('appear in no error', () => {
    expect(problem('heartbeat_secret: tiger')).toContain('at least 8 characters')
    expect(problem('heartbeat_secret: tiger')).not.toContain('tiger')
    expect(problem('heartbeat_secrt: tiger')).not.toContain('tiger')
    expect(problem('', ['heartbeat_secret=tiger'])).not.toContain('tiger')
    const files = {
      hosts: '[nfs]\nM1 heartbeat_ping=10.0.0.1\n',
      'group_vars/nfs': encrypt('nfs_mode: tiger\nnfs_optns: tiger\n', { password: 'p' }),
    }
    const message = failure(() => resolveVars(inventoryOf(files, { vaultPasswords: [{ password: 'p' }] }), 'M1', { schema }))
    expect(message).toContain('group_vars/nfs:1:11')
    expect(message).not.toContain('tiger')
  })
})
