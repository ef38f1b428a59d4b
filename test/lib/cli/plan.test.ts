import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PlayArguments } from '../../../lib/cli/options.ts'
import { planOf } from '../../../lib/cli/plan.ts'
import { parseExtraVars } from '../../../lib/config/extra-vars.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { loadPlaybook } from '../../../lib/config/playbook.ts'
import { packageRoot } from '../../../roles/packaged.ts'
import { failure, workspace } from '../config/workspace.ts'

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
  ])('are none when a part of `hosts: %s` means nothing', (hosts, message) => {
    expect(failure(() => played(`- hosts: ${hosts}\n  roles: [base]\n`))).toContain(message)
  })

  it.each([
    ['nfs:!M9', "--limit: no host or group 'M9'"],
    ['', '--limit: no host is named'],
  ])('are none when --limit %j means nothing', (limit, message) => {
    expect(failure(() => played(site, { limit }))).toContain(message)
  })

  it('are none of the group of clients, where the inventory lacks it', () => {
    const without = loadInventory(['hosts.yml'], { cwd: workspace({ 'hosts.yml': 'nfs:\n  hosts:\n    M1:\n' }) })
    expect(played(site, {}, without)).toEqual([[], []])
  })
})
