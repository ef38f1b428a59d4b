import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { PlayArguments } from '../../../../lib/cli/options.ts'
import { playbookOf } from '../../../../lib/cli/run/extra-names.ts'
import { planOf } from '../../../../lib/cli/run/plan.ts'
import { parseExtraVars } from '../../../../lib/config/extra-vars.ts'
import { loadInventory } from '../../../../lib/config/inventory.ts'
import { loadPlaybook } from '../../../../lib/config/playbook.ts'
import { resolveVars } from '../../../../lib/config/variables.ts'
import { packageRoot } from '../../../../lib/text/packaged.ts'
import { roles } from '../../../../roles/index.ts'
import { Vars } from '../../../../roles/vars.ts'
import { failure, workspace } from '../../config/workspace.ts'

const lab = loadInventory([join(packageRoot, 'inventory/lab.yml')])

/** The hosts of each play of a playbook, on the lab's inventory. */
const played = (playbook: string, options: PlayArguments = {}, inventory = lab) => {
  const { plays } = loadPlaybook('play.yml', { cwd: workspace({ 'play.yml': playbook }) })
  const plan = planOf(plays, inventory, options, parseExtraVars(options.extraVars ?? [], inventory.vault))
  return plan.plays.map(play => play.targets.flatMap(target => target.hosts.map(host => host.name)))
}
const site = '- hosts: nfs\n  roles: [base]\n- hosts: clients\n  roles: [client]\n'

describe('the hosts of a plan', () => {
  it('are those of the play, within --limit', () => {
    expect(played(site)).toEqual([['M1', 'M2'], ['C1']])
    expect(played(site, { limit: '!M1' })).toEqual([['M2'], ['C1']])
    expect(played("- hosts: 'nfs : ! M2'\n  roles: [base]\n")).toEqual([['M1']])
  })

  it.each([
    ["'nfs:!M9'", "play.yml:1:10: no host or group 'M9'"],
    ['[nfs, "!M9"]', "play.yml:1:10: no host or group 'M9'"],
    ["'nfs:&cleints'", "no host or group 'cleints' in the inventory\n  - hosts: 'nfs:&cleints'"],
    ['nsf', "did you mean 'nfs'?"],
    ['clinets', "did you mean 'clients'?"],
    ["','", "the pattern ',' names no host"],
  ])('are an error when a part of `hosts: %s` matches nothing', (hosts, message) => {
    expect(failure(() => played(`- hosts: ${hosts}\n  roles: [base]\n`))).toContain(message)
  })

  it.each([
    ['nfs:!M9', "--limit: no host or group 'M9'"],
    ['', '--limit: no host is named'],
  ])('are an error when --limit %j matches nothing', (limit, message) => {
    expect(failure(() => played(site, { limit }))).toContain(message)
  })

  it('are none when the inventory has no group of clients', () => {
    const without = loadInventory(['hosts.yml'], { cwd: workspace({ 'hosts.yml': 'nfs:\n  hosts:\n    M1:\n' }) })
    expect(played(site, {}, without)).toEqual([[], []])
  })
})

describe('tags', () => {
  it.each([
    ['heartbaet', "--tags: no tag 'heartbaet' in this playbook\n  did you mean 'heartbeat'?"],
    ['drbd', "did you mean 'drbd-build' or 'drbd-init'?"],
    ['web', 'there are: heartbeat, drbd-build, drbd-init'],
  ])('%s is refused with a suggestion', (tag, message) => {
    const playbook = '- hosts: nfs\n  roles: [heartbeat, drbd-build, drbd-init]\n'
    expect(failure(() => played(playbook, { tags: [tag] }))).toContain(message)
    expect(failure(() => played(playbook, { skipTags: [tag] }))).toContain(message.replace('--tags', '--skip-tags'))
  })

  it('must not be empty: a script may have an empty variable there', () => {
    expect(failure(() => played(site, { tags: [] }))).toContain('--tags: no tag is given\n  there are: base, client')
    expect(played(site, { skipTags: [] })).toHaveLength(2)
  })
})

describe('names in -e', () => {
  const switchover = '- hosts: nfs\n  roles: [switchover]\n'

  it.each([
    [switchover, 'too=M2', "-e: unknown variable 'too'\n  did you mean 'ha_switchover_to'?"],
    [switchover, '{"To": "M2"}', "unknown variable 'To'\n  did you mean 'ha_switchover_to'?"],
    [switchover, 'ha_switchover_two=M2', "unknown variable 'ha_switchover_two'\n  did you mean 'ha_switchover_to'?"],
    [switchover, 'target=M2', 'no role of this playbook reads it, and the inventory does not define it'],
    [switchover, 'ha_maintenance=M2', "'ha_maintenance' has no effect here: it is for maintenance.yml"],
    [switchover, 'ansible_usr=root', "unknown variable 'ansible_usr'\n  did you mean 'ansible_user'?"],
    [site, 'ha_switchover_to=M2', "'ha_switchover_to' has no effect here: it is for switchover.yml"],
    [site, 'to=M2', "'to' has no effect here: it is for switchover.yml"],
    [switchover, 'to=M2 ha_switchover_to=M1', "'to' is an old name of 'ha_switchover_to', which is also given"],
    [switchover, 'to=M3', 'ha_switchover_to: M3 is not a node of this cluster'],
    ['- hosts: nfs\n  roles: [failover-test]\n', 'comfirm=1', "did you mean 'failover_confirm'?"],
    ['- hosts: nfs\n  roles: [split-brain]\n', 'drbd_victm=M1', "did you mean 'drbd_victim'?"],
  ])('%j -e %s is refused', (playbook, argument, message) => {
    expect(failure(() => played(playbook, { extraVars: [argument] }))).toContain(message)
  })

  it('are refused at their place in a file, and their values are not shown', () => {
    const cwd = workspace({ 'vars.yml': 'ha_switchover_to: M2\nheartbeat_secrt: tiger-tiger\nmy_key: tiger\n' })
    const message = failure(() => played(switchover, { extraVars: [`@${join(cwd, 'vars.yml')}`] }))
    expect(message).toMatch(/vars\.yml:2:1: unknown variable 'heartbeat_secrt'\n {2}did you mean 'heartbeat_secret'\?/)
    expect(message).toMatch(/vars\.yml:3:1: unknown variable 'my_key'/)
    expect(message).not.toContain('tiger')
  })

  it('may be those that the plays use, connection variables, and those of the inventory and of the play', () => {
    const cwd = workspace({ 'group_vars/nfs.yml': 'ntp_server: a\n', 'host_vars/M2': 'rack: 1\n' })
    const inventory = loadInventory([join(packageRoot, 'inventory/lab.yml')], { cwd, playbookDirectories: ['.'] })
    const extraVars = ['ha_switchover_to=M2 ansible_user=root ansible_python_interpreter=auto', 'ntp_server=b rack=2 colour=blue']
    expect(played('- hosts: nfs\n  vars: {colour: red}\n  roles: [switchover]\n', { extraVars }, inventory)).toEqual([['M1', 'M2']])
  })
})

describe('a name of the previous version', () => {
  const planWith = (playbook: string, arguments_: string[]) => {
    const cwd = workspace({ 'play.yml': playbook })
    const { plays } = loadPlaybook(join(cwd, 'play.yml'), { cwd, roleNames: roles.map(role => role.name), vault: lab.vault })
    return planOf(plays, lab, {}, parseExtraVars(arguments_, lab.vault))
  }
  const target = (playbook: string, arguments_: string[]) => {
    const { plays, warnings } = planWith(playbook, arguments_)
    return { to: plays[0]?.targets[0]?.cluster.nodes.map(node => node.vars.ha_switchover_to), warnings }
  }

  it('still works in -e and in a play, with one warning about the new name', () => {
    expect(target('- hosts: nfs\n  roles: [switchover]\n', ['to=M2'])).toEqual({
      to: ['M2', 'M2'],
      warnings: ["-e: 'to' is now 'ha_switchover_to'; the old name works in this version only"],
    })
    const { to, warnings } = target('- hosts: nfs\n  vars: {to: M1}\n  roles: [switchover]\n', [])
    expect(to).toEqual(['M1', 'M1'])
    expect(warnings).toEqual([expect.stringMatching(/play\.yml:2:10: 'to' is now 'ha_switchover_to'/)])
    expect(planWith('- hosts: nfs\n  roles: [failover-test]\n', ['confirm=192.168.0.219']).warnings).toEqual([
      "-e: 'confirm' is now 'failover_confirm'; the old name works in this version only",
    ])
  })

  it('the new name causes no warning', () => {
    expect(target('- hosts: nfs\n  roles: [switchover]\n', ['ha_switchover_to=M2'])).toEqual({ to: ['M2', 'M2'], warnings: [] })
  })
})

test('a variable for one playbook is recognised by its description', () => {
  const owned = Object.keys(Vars.shape).flatMap(name => (playbookOf(name) === undefined ? [] : [`${playbookOf(name)} ${name}`]))
  expect(owned.filter(entry => !entry.includes(' failover_'))).toEqual([
    'switchover ha_switchover_to',
    'maintenance ha_maintenance',
    'upgrade ha_release',
    'split-brain drbd_victim',
    'split-brain drbd_victim_keep',
    'start ha_start_alone',
    'force-primary drbd_survivor',
    'verify drbd_verify_rate',
    'verify drbd_verify_repair',
    'grow drbd_grow_assume_clean',
    'move-disk ha_move_disk',
    'replace-node ha_replace',
    'uninstall uninstall_confirm',
    'uninstall uninstall_without',
    'uninstall uninstall_packages',
    'uninstall drbd_wipe',
    'fence-test fence_confirm',
    'fence-test fence_both',
  ])
  expect(owned.filter(entry => entry.startsWith('failover-test failover_'))).toHaveLength(
    Object.keys(Vars.shape).filter(name => name.startsWith('failover_')).length,
  )
  for (const entry of owned) expect(roles.map(role => role.name)).toContain(entry.split(' ')[0])
})

describe('values in -e', () => {
  const problemOf = (argument: string) => {
    const { inventory, extra } = { inventory: lab, extra: parseExtraVars([argument], lab.vault) }
    return failure(() => resolveVars(inventory, 'M1', { schema: Vars, extraVars: extra })).replace(/^-e(:\d+:\d+)?: (.*)[\s\S]*$/, '$2')
  }

  it.each([
    ['nfs_lease', '5', 'nfs_lease: must be at least 10 (for M1)'],
    ['nfs_lease', '4000', 'nfs_lease: must be at most 3600 (for M1)'],
    ['nfs_threads', '0', 'nfs_threads: must be at least 1 (for M1)'],
    ['nfs_threads', '8.5', 'nfs_threads: must be a whole number (for M1)'],
    ['drbd_port', '99999', 'drbd_port: must be at most 65535 (for M1)'],
    ['drbd_port', '-1', 'drbd_port: must be at least 1 (for M1)'],
    ['heartbeat_deadtime', '0', 'heartbeat_deadtime: must be more than 0 (for M1)'],
    ['base_clock_offset', '0', 'base_clock_offset: must be more than 0 (for M1)'],
    ['nfs_v3', '2', 'nfs_v3: must be true or false, not a number (for M1)'],
    ['ha_stack', '5', 'ha_stack: must be lean or article (for M1)'],
    ['ha_stack', 'true', 'ha_stack: must be lean or article (for M1)'],
  ])('%s=%s reports the rule, as in JSON', (name, value, message) => {
    expect(problemOf(`{"${name}": ${value}}`)).toBe(message)
    expect(problemOf(`${name}=${value}`)).toBe(message.replace('a number', value === '2' ? 'text' : 'a number'))
  })

  const numeric = Object.keys(Vars.shape).flatMap(name => [-1, 0, 0.5, 1e9].map(value => [name, value] as const))
  it('report the same as in JSON for every variable that accepts a number', () => {
    const told = numeric.flatMap(([name, value]) => {
      const typed = resultOf(name, value)
      return typed === undefined || /not a number|must be true or false/.test(typed) ? [] : [[name, value, typed] as const]
    })
    expect(told.length).toBeGreaterThan(25)
    for (const [name, value, typed] of told) expect(problemOf(`${name}=${value}`), `${name}=${value}`).toBe(typed)
  })

  /** The error for a number in JSON, or nothing. */
  const resultOf = (name: string, value: number): string | undefined => {
    const field = Vars.shape[name as keyof typeof Vars.shape]
    return field.safeParse(value).success ? undefined : problemOf(JSON.stringify({ [name]: value }))
  }
})
