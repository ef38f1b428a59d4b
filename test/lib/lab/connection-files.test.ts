import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectionTarget } from '../../../lib/config/connection.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { readVariable } from '../../../lib/config/variables.ts'
import { knownHostsLines, labInventory, writeConnectionFiles } from '../../../lib/lab/connection-files.ts'
import { machineNames } from '../../../lib/lab/machines.ts'
import { labPlaces } from '../../../lib/lab/places.ts'
import { newState } from '../../../lib/lab/state.ts'
import { packagedFile } from '../../../lib/text/packaged.ts'
import { workspace } from '../config/workspace.ts'

const before = process.env.XDG_STATE_HOME
beforeEach(() => {
  process.env.XDG_STATE_HOME = join(workspace({}), 'a b%h')
})
afterEach(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME
  else process.env.XDG_STATE_HOME = before
})

const written = async (name: string) => {
  const places = labPlaces(name)
  for (const machine of machineNames) {
    mkdirSync(places.machine(machine).dir, { recursive: true })
    writeFileSync(`${places.machine(machine).hostKey}.pub`, `ssh-ed25519 ${machine}KEY lab`)
  }
  const state = await newState({ M1: 'i', M2: 'i', C1: 'i' }, { releases: { M1: 'trixie', M2: 'trixie', C1: 'trixie' }, ephemeral: false })
  writeConnectionFiles(name, state)
  return { places, state }
}

test("ssh and the inventory reach each machine at its port with the lab's key", async () => {
  const { places, state } = await written('x')
  const inventory = loadInventory([places.inventoryFile])
  for (const machine of machineNames) {
    const target = connectionTarget(inventory, machine)
    expect(target).toMatchObject({ address: machine, sshConfigFile: places.sshConfigFile, connectTimeout: 90_000 })
    const answer = execFileSync('ssh', ['-G', '-F', target.sshConfigFile ?? '', '--', target.address], { encoding: 'utf8' })
    expect(answer.split('\n')).toEqual(expect.arrayContaining(['hostname 127.0.0.1', `port ${state.sshPorts[machine]}`, 'user root']))
    expect(readFileSync(places.knownHostsFile, 'utf8')).toContain(`[127.0.0.1]:${state.sshPorts[machine]} ssh-ed25519 ${machine}KEY`)
  }
  expect(readVariable(inventory, 'M1', 'failover_lab')).toBe('x')
})

test('the shipped inventory is that of the lab default in the default place', () => {
  const shipped = readFileSync(packagedFile('inventory/lab.yml'), 'utf8')
  const own = labInventory(shipped, 'default', join(homedir(), '.local/state/nfsha-play/lab/default/ssh_config'))
  const file = join(workspace({ 'lab.yml': own }), 'lab.yml')
  const [ours, theirs] = [loadInventory([file]), loadInventory(['inventory/lab.yml'], { cwd: packagedFile('.') })]
  for (const machine of machineNames) expect(connectionTarget(ours, machine)).toEqual(connectionTarget(theirs, machine))
  expect(readVariable(ours, 'M1', 'failover_lab')).toBe(readVariable(theirs, 'M1', 'failover_lab'))
})

test('known_hosts has one line for each machine and port', () => {
  const lines = knownHostsLines({ M1: 1, M2: 2, C1: 3 }, { M1: 'ssh-ed25519 AAA lab M1\n', M2: 'ssh-ed25519 BBB', C1: 'ssh-ed25519 CCC x' })
  expect(lines).toBe('[127.0.0.1]:1 ssh-ed25519 AAA\n[127.0.0.1]:2 ssh-ed25519 BBB\n[127.0.0.1]:3 ssh-ed25519 CCC\n')
})
