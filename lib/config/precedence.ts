import { ConfigError } from './error.ts'
import { type Group, groupsOf, type Inventory } from './model.ts'
import { didYouMean } from './suggest.ts'
import { layered, type Variables } from './value.ts'
import { type ReadOptions, varsFiles } from './vars-files.ts'

/** Variables from outside the inventory. */
export interface OuterVariables {
  /** A play's `vars` and `vars_files`. */
  playVars?: Variables | undefined
  /** `vars` of a role's entry in a play. */
  roleVars?: Variables | undefined
  /** `-e` */
  extraVars?: Variables | undefined
}

/** All variables of a host as written, merged in Ansible's order: later layers win. */
export const variablesOf = (inventory: Inventory, host: string, outer: OuterVariables = {}, options: ReadOptions = {}): Variables => {
  const declared = inventory.hosts.get(host)
  if (!declared) throw new ConfigError(`no host '${host}' in the inventory`, undefined, didYouMean(host, inventory.hosts.keys()))
  const { inventoryDirectories, playbookDirectories } = inventory
  const hostFiles = (directory: string) => varsFiles(inventory, directory, 'host_vars', host, options)
  return layered(
    groupVariables(inventory, groupsOf(inventory, host), options),
    declared.vars,
    ...inventoryDirectories.map(hostFiles),
    ...playbookDirectories.map(hostFiles),
    outer.playVars,
    outer.roleVars,
    outer.extraVars,
  )
}

/** Hosts in the same groups share their variables: these are merged once, and `groupsOf` returns the same list for all of these hosts. */
const mergedGroups = new WeakMap<readonly Group[], Map<boolean, Variables>>()

const groupVariables = (inventory: Inventory, groups: readonly Group[], options: ReadOptions): Variables => {
  const known = mergedGroups.get(groups) ?? new Map<boolean, Variables>()
  mergedGroups.set(groups, known)
  const openable = options.openable ?? false
  const merged = known.get(openable) ?? mergeGroups(inventory, groups, options)
  known.set(openable, merged)
  return merged
}

const mergeGroups = (inventory: Inventory, groups: readonly Group[], options: ReadOptions): Variables => {
  const all = groups.filter(group => group.name === 'all')
  const others = groups.filter(group => group.name !== 'all')
  const { inventoryDirectories, playbookDirectories } = inventory
  return layered(
    ...groups.map(group => group.vars),
    ...groupFiles(inventory, inventoryDirectories, all, options),
    ...groupFiles(inventory, playbookDirectories, all, options),
    ...groupFiles(inventory, inventoryDirectories, others, options),
    ...groupFiles(inventory, playbookDirectories, others, options),
  )
}

/** What a group itself defines: its `vars`, then its group_vars files. Excludes what it inherits. */
export const ownVariables = (inventory: Inventory, group: Group, options: ReadOptions = {}): Variables => {
  const { inventoryDirectories, playbookDirectories } = inventory
  return layered(group.vars, ...groupFiles(inventory, [...inventoryDirectories, ...playbookDirectories], [group], options))
}

/** Directory by directory, as in Ansible: all files of a second inventory override those of the first one. */
const groupFiles = (inventory: Inventory, directories: readonly string[], groups: readonly Group[], options: ReadOptions): Variables[] =>
  directories.flatMap(directory => groups.map(group => varsFiles(inventory, directory, 'group_vars', group.name, options)))
