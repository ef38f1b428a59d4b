import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { roles, siteRoles } from '../../../roles/index.ts'
import { refuseExample } from '../../config/example.ts'
import { parseExtraVars } from '../../config/extra-vars.ts'
import { kindOf } from '../../config/files.ts'
import { loadInventory } from '../../config/inventory.ts'
import type { Inventory } from '../../config/model.ts'
import { findPlayable, type Places, playbookOfRole } from '../../config/playable.ts'
import type { Play } from '../../config/playbook.ts'
import { loadPlaybook } from '../../config/playbook.ts'
import type { Variables } from '../../config/value.ts'
import { keyring, type VaultPassword } from '../../config/vault.ts'
import { ownRoleFiles, roleFolders } from '../../own-roles/find.ts'
import type { OwnRole } from '../../own-roles/load.ts'
import { complain } from '../../report/output.ts'
import { packageRoot } from '../../text/packaged.ts'
import { commandNames } from '../commands/names.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { vaultPasswords } from '../vault/passwords.ts'
import { ourPrefixes } from './own-schemas.ts'

export interface Sources {
  plays: Play[]
  inventory: Inventory
  extraVars: Variables
  /** The user's own roles that the plays name. */
  ownRoles: OwnRole[]
}

const roleNames = roles.map(r => r.name)
/** Roles that can be named on the command line: `status` means the playbook of that name. */
const playableRoles = siteRoles.map(r => r.name)

const defaultInventory = join('inventory', 'hosts.yml')

/** The given inventories, or that of the directory. Throws `UsageError` when there is none: the package's example is never a default. */
export const inventoryPaths = (named: readonly string[] | undefined, cwd = process.cwd()): string[] => {
  if (named !== undefined) return named.map(inventoryPath(cwd))
  if (existsSync(join(cwd, defaultInventory))) return [join(cwd, defaultInventory)]
  throw new UsageError(`no ./${defaultInventory} here: \`nfsha-play init\` writes one, -i names another`)
}

/** A path as given, or the package's own file of that name, so that `-i inventory/lab.yml` works from any directory. */
const inventoryPath = (cwd: string) => (path: string) => {
  const packaged = join(packageRoot, path)
  const isOurs = path !== defaultInventory && existsSync(packaged)
  return existsSync(resolve(cwd, path)) || !isOurs ? path : packaged
}

/** Tasks and tags do not depend on the hosts, so they are listed without an inventory too, for the pair of the package's example. */
const listsExample = ({ listTasks, listTags, listHosts, limit, inventory }: PlayArguments, cwd: string): boolean =>
  Boolean(listTasks || listTags) && !listHosts && limit === undefined && inventory === undefined && !existsSync(join(cwd, defaultInventory))

/** Secrets that the example leaves for its reader to define. */
const exampleSecrets = ['heartbeat_secret=example-secret', 'drbd_secret=example-secret']

/** Reads everything that the command line names: inventory, playbook or role, extra variables. Throws `ConfigError`; contacts no host. */
export const readSources = async (argument: string, options: PlayArguments, cwd = process.cwd()): Promise<Sources> => {
  const passwords = await vaultPasswords(options)
  const vault = keyring(passwords)
  const here = ownRoleFiles(foldersOf(options, cwd))
  const places = placesWith(here, cwd)
  const playable = findPlayable(argument, places)
  const files = playable.kind === 'role' ? here : ownRoleFiles(foldersOf(options, cwd, dirname(resolve(cwd, playable.file))))
  const known = { cwd, roleNames: [...roleNames, ...files.keys()], vault }
  const book = playable.kind === 'role' ? playbookOfRole(playable.role, places, known) : loadPlaybook(playable.file, known)
  const ownRoles = await ownRolesOf(book.plays, files, cwd)
  const isExample = listsExample(options, cwd)
  const beside = dirname(resolve(cwd, book.file))
  const inventory = isExample ? exampleInventory(passwords, beside) : readInventory(options, passwords, cwd, beside)
  const extraVars = [...(isExample ? exampleSecrets : []), ...(options.extraVars ?? [])]
  const plays = isExample ? book.plays.map(play => ({ ...play, hosts: hostsOfExample(play, inventory) })) : book.plays
  return { plays, inventory, extraVars: parseExtraVars(extraVars, vault, cwd), ownRoles }
}

const placesWith = (ownRoles: Map<string, string[]>, cwd: string): Places => ({
  cwd,
  packageRoot,
  roleNames: [...playableRoles, ...ownRoles.keys()],
  commandNames,
})

/** Where the first argument of the command line is looked for. Throws `UsageError`. */
export const placesOf = (options: PlayArguments, cwd = process.cwd()): Places => placesWith(ownRoleFiles(foldersOf(options, cwd)), cwd)

/** Folders with the user's own roles: beside the playbook, in the current directory, and those from the command line. */
const foldersOf = ({ rolesPath = [] }: PlayArguments, cwd: string, beside = cwd): string[] => {
  const given = rolesPath.map(path => resolve(cwd, path))
  const missing = given.findIndex(path => kindOf(path) !== 'directory')
  if (missing >= 0) throw new UsageError(`--roles-path ${rolesPath[missing]}: no such directory`)
  return roleFolders([join(beside, 'roles'), join(cwd, 'roles'), ...given], packageRoot)
}

/** Loads only roles that are played, since they run the user's code. */
const ownRolesOf = async (plays: readonly Play[], files: Map<string, string[]>, cwd: string): Promise<OwnRole[]> => {
  const names = [...new Set(plays.flatMap(play => play.roles.map(({ role }) => role)))].filter(name => files.has(name))
  return names.length === 0 ? [] : loadThem(names, files, cwd)
}

const loadThem = async (names: readonly string[], files: Map<string, string[]>, cwd: string): Promise<OwnRole[]> => {
  const { loadOwnRoles } = await import('../../own-roles/load.ts')
  return loadOwnRoles(names, files, { cwd, taken: { roles: roleNames, prefixes: ourPrefixes() } })
}

/** All of the user's own roles that a playbook in a directory could name. */
export const allOwnRoles = (options: PlayArguments & { playbookDir?: string }, cwd = process.cwd()): Promise<OwnRole[]> => {
  const files = ownRoleFiles(foldersOf(options, cwd, resolve(cwd, options.playbookDir ?? '.')))
  return files.size === 0 ? Promise.resolve([]) : loadThem([...files.keys()], files, cwd)
}

/** The inventory alone, for commands that play nothing. `playbookDir` stands for the playbook whose group_vars and host_vars are read. */
export const readHosts = async (
  options: PlayArguments & { playbookDir?: string },
  cwd = process.cwd(),
): Promise<Omit<Sources, 'plays' | 'ownRoles'>> => {
  const passwords = await vaultPasswords(options)
  const inventory = readInventory(options, passwords, cwd, resolve(cwd, options.playbookDir ?? '.'))
  return { inventory, extraVars: parseExtraVars(options.extraVars ?? [], keyring(passwords), cwd) }
}

/** The user's own playbook may have groups that the example does not define. */
const hostsOfExample = ({ hosts }: Play, { groups }: Inventory): string[] => (hosts.every(name => groups.has(name)) ? hosts : ['nfs'])

const exampleInventory = (vaultPasswords: VaultPassword[], beside: string): Inventory =>
  loadInventory([defaultInventory], { cwd: packageRoot, vaultPasswords, playbookDirectories: [beside] })

const readInventory = (options: PlayArguments, passwords: VaultPassword[], cwd: string, beside: string): Inventory => {
  const inventory = loadInventory(inventoryPaths(options.inventory, cwd), { cwd, vaultPasswords: passwords, playbookDirectories: [beside] })
  for (const warning of inventory.warnings) complain(`warning: ${warning}\n`)
  refuseExample(inventory)
  return inventory
}
