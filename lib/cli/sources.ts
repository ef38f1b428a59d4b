import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { roles, siteRoles } from '../../roles/index.ts'
import { packageRoot } from '../../roles/packaged.ts'
import { refuseExample } from '../config/example.ts'
import { parseExtraVars } from '../config/extra-vars.ts'
import { loadInventory } from '../config/inventory.ts'
import type { Inventory } from '../config/model.ts'
import { findPlayable, playbookOfRole } from '../config/playable.ts'
import type { Play } from '../config/playbook.ts'
import { loadPlaybook } from '../config/playbook.ts'
import type { Variables } from '../config/value.ts'
import { keyring, type VaultPassword } from '../config/vault.ts'
import { commandNames } from './commands.ts'
import type { PlayArguments } from './options.ts'
import { vaultPasswords } from './vault-passwords.ts'

export interface Sources {
  plays: Play[]
  inventory: Inventory
  extraVars: Variables
}

const roleNames = roles.map(r => r.name)
/** Those that a word on the command line may mean: `status` is the playbook of that name. */
const playableRoles = siteRoles.map(r => r.name)

/** The inventory when none is named: the directory's own, else the package's example, which refuses to run. */
const defaultInventory = (cwd: string): string => {
  const own = join(cwd, 'inventory', 'hosts.yml')
  return existsSync(own) ? own : join(packageRoot, 'inventory', 'hosts.yml')
}

/** A path as given, or the package's own file of that name: `-i inventory/lab.yml` works from anywhere. */
const inventoryPath = (cwd: string) => (path: string) => {
  const packaged = join(packageRoot, path)
  return existsSync(join(cwd, path)) || existsSync(path) || !existsSync(packaged) ? path : packaged
}

/** Reads everything that the command line names: inventory, playbook or role, extra variables. Throws `ConfigError`; nothing is touched. */
export const readSources = async (argument: string, options: PlayArguments, cwd = process.cwd()): Promise<Sources> => {
  const passwords = await vaultPasswords(options)
  const vault = keyring(passwords)
  const places = { cwd, packageRoot, roleNames: playableRoles, commandNames }
  const playable = findPlayable(argument, places)
  const book =
    playable.kind === 'role'
      ? playbookOfRole(playable.role, places, { cwd, roleNames, vault })
      : loadPlaybook(playable.file, { cwd, roleNames, vault })
  const inventory = readInventory(options, passwords, cwd, dirname(resolve(cwd, book.file)))
  return { plays: book.plays, inventory, extraVars: parseExtraVars(options.extraVars ?? [], vault, cwd) }
}

/** The inventory alone, for what plays nothing. `playbookDir` stands for the playbook whose group_vars and host_vars count. */
export const readHosts = async (
  options: PlayArguments & { playbookDir?: string },
  cwd = process.cwd(),
): Promise<Omit<Sources, 'plays'>> => {
  const passwords = await vaultPasswords(options)
  const inventory = readInventory(options, passwords, cwd, resolve(cwd, options.playbookDir ?? '.'))
  return { inventory, extraVars: parseExtraVars(options.extraVars ?? [], keyring(passwords), cwd) }
}

const readInventory = (options: PlayArguments, passwords: VaultPassword[], cwd: string, beside: string): Inventory => {
  const named = options.inventory?.map(inventoryPath(cwd)) ?? [defaultInventory(cwd)]
  const inventory = loadInventory(named, { cwd, vaultPasswords: passwords, playbookDirectories: [beside] })
  for (const warning of inventory.warnings) process.stderr.write(`warning: ${warning}\n`)
  refuseExample(inventory)
  return inventory
}
