import { ConfigError, type Place } from './error.ts'
import type { Decrypter, Entry, Variables } from './value.ts'

/** A group of the inventory. `all` and `ungrouped` always exist. */
export interface Group {
  name: string
  /** Where it was first named; undefined for `all` and `ungrouped`. */
  place: Place | undefined
  /** Names of its direct hosts and direct child groups, in the order they were named. */
  hosts: Set<string>
  children: Set<string>
  /** Its parent groups, each with the place that declares it a child. */
  parents: Map<string, Place | undefined>
  /** Variables from the inventory files; group_vars files override them. */
  vars: Variables
  /** `ansible_group_priority` */
  priority: number
  /** Length of the longest path up to `all`; known once the inventory is complete. */
  depth: number
}

/** A host of the inventory. */
export interface Host {
  name: string
  place: Place
  vars: Variables
  /** Names of the groups that directly contain it. */
  groups: Set<string>
}

/** All inventory sources together. Values are kept as written; see `variablesOf`, `resolveVars` and `connectionTarget`. */
export interface Inventory {
  /** The given sources, as given. */
  sources: string[]
  hosts: Map<string, Host>
  groups: Map<string, Group>
  /** Directories that may have `host_vars/` and `group_vars/`: those beside the sources, in their order, then those beside playbooks. */
  inventoryDirectories: string[]
  playbookDirectories: string[]
  /** Names in the `group_vars` and `host_vars` of these directories, by the path of the folder. */
  varsNames: Map<string, ReadonlySet<string>>
  /** What was ignored, and why: not an error in Ansible either, but worth a line. */
  warnings: string[]
  vault: Decrypter & { readonly empty: boolean }
}

/** More hosts than this are a mistake, such as two long ranges in one name. */
export const mostHosts = 250_000

/** An inventory with only the groups that always exist. */
export const emptyInventory = (vault: Inventory['vault']): Inventory => {
  const inventory: Inventory = {
    sources: [],
    hosts: new Map(),
    groups: new Map(),
    inventoryDirectories: [],
    playbookDirectories: [],
    varsNames: new Map(),
    warnings: [],
    vault,
  }
  for (const name of ['all', 'ungrouped']) inventory.groups.set(name, newGroup(name, undefined))
  link(inventory, 'all', 'ungrouped')
  return inventory
}

const newGroup = (name: string, place: Place | undefined): Group => ({
  name,
  place,
  hosts: new Set(),
  children: new Set(),
  parents: new Map(),
  vars: new Map(),
  priority: 1,
  depth: 0,
})

/** The group of that name, created if needed. */
export const addGroup = (inventory: Inventory, name: string, place: Place): Group => {
  const group = inventory.groups.get(name) ?? newGroup(name, place)
  inventory.groups.set(name, group)
  group.place ??= place
  return group
}

/** Adds the host of that name to a group, creating it if needed. As in Ansible, a port after the name only counts when the host is new. */
export const addHost = (inventory: Inventory, name: string, group: Group, place: Place, port?: number): Host => {
  const known = inventory.hosts.get(name)
  if (!known && inventory.hosts.size === mostHosts) throw new ConfigError(`this inventory has more than ${mostHosts} hosts`, place)
  const host = known ?? { name, place, vars: portVariable(place, port), groups: new Set() }
  inventory.hosts.set(name, host)
  group.hosts.add(name)
  host.groups.add(group.name)
  return host
}

const portVariable = (place: Place, port: number | undefined): Variables =>
  new Map(port === undefined ? [] : [['ansible_port', { at: place, value: { kind: 'scalar', value: port, place } }]])

/** Makes a group the child of another. Loops are detected once the inventory is complete. */
export const addChild = (inventory: Inventory, parent: Group, child: Group, place: Place): void => {
  if (child.name === 'all') throw new ConfigError(`'all' contains every group, so it cannot be a child of '${parent.name}'`, place)
  link(inventory, parent.name, child.name, place)
}

const link = (inventory: Inventory, parent: string, child: string, place?: Place): void => {
  const [above, below] = [inventory.groups.get(parent), inventory.groups.get(child)]
  if (!above || !below || above.children.has(child)) return
  above.children.add(child)
  below.parents.set(parent, place)
}

/**
 * Sets a variable of a group. As in Ansible the priority of a group is a property, not a variable, and only counts here, not in group_vars.
 */
export const setGroupVariable = (group: Group, name: string, entry: Entry): void => {
  if (name !== 'ansible_group_priority') {
    group.vars.set(name, entry)
    return
  }
  const value = entry.value.kind === 'scalar' ? Number(entry.value.value) : Number.NaN
  if (!Number.isInteger(value)) throw new ConfigError('ansible_group_priority must be a whole number', entry.value.place)
  group.priority = value
}

/** Runs after all sources are read: every group gets below `all`, hosts without a group go to `ungrouped`. Throws for a loop. */
export const completeInventory = (inventory: Inventory): void => {
  for (const group of inventory.groups.values()) if (group.name !== 'all' && group.parents.size === 0) link(inventory, 'all', group.name)
  setDepths(inventory)
  const ungrouped = inventory.groups.get('ungrouped')
  if (!ungrouped) return
  for (const host of inventory.hosts.values()) {
    host.groups.delete('ungrouped')
    const others = [...host.groups].filter(name => name !== 'all')
    if (others.length > 0) ungrouped.hosts.delete(host.name)
    else {
      ungrouped.hosts.add(host.name)
      host.groups.add('ungrouped')
    }
  }
}

/** Visits groups from `all` downwards, each after all of its parents. Every line is visited once, however deep the nesting. */
const setDepths = (inventory: Inventory): void => {
  const waiting = new Map([...inventory.groups.values()].map(group => [group.name, group.parents.size]))
  const ready = [...inventory.groups.values()].filter(group => group.parents.size === 0)
  for (const group of ready) {
    waiting.delete(group.name)
    for (const name of group.children) {
      const child = inventory.groups.get(name)
      const left = (waiting.get(name) ?? 0) - 1
      waiting.set(name, left)
      if (child) child.depth = Math.max(child.depth, group.depth + 1)
      if (child && left === 0) ready.push(child)
    }
  }
  if (waiting.size > 0) throw loopAmong(inventory, waiting)
}

/** Every remaining group waits for a parent that waits too; following those finds the loop. Its last line closed it. */
const loopAmong = (inventory: Inventory, waiting: ReadonlyMap<string, number>): ConfigError => {
  const path: { child: string; place: Place | undefined }[] = []
  const seen = new Set<string>()
  let [child = ''] = waiting.keys()
  while (!seen.has(child)) {
    seen.add(child)
    const [parent, place] = [...(inventory.groups.get(child)?.parents ?? [])].find(([name]) => waiting.has(name)) ?? ['', undefined]
    path.push({ child, place })
    child = parent
  }
  const loop = path.slice(path.findIndex(step => step.child === child)).toReversed()
  const last = loop.toSorted((a, b) => lineOf(b) - lineOf(a) || columnOf(b) - columnOf(a))[0]
  const names = loop.map(step => step.child)
  return new ConfigError(`group '${last?.child}' would contain itself`, last?.place, `${[...names, names[0]].slice(0, 20).join(' > ')}`)
}

const lineOf = ({ place }: { place: Place | undefined }) => place?.line ?? 0
const columnOf = ({ place }: { place: Place | undefined }) => place?.column ?? 0

/** Hosts of groups and of all groups below them: a group's own first, then level by level. */
export const hostsOf = (inventory: Inventory, ...groups: string[]): string[] => {
  const hosts = new Set<string>()
  const seen = new Set<string>()
  for (const group of groups) {
    const names = seen.has(group) ? [] : [group]
    seen.add(group)
    for (const name of names) {
      const member = inventory.groups.get(name)
      for (const host of member?.hosts ?? []) hosts.add(host)
      for (const child of member?.children ?? []) {
        if (!seen.has(child)) names.push(child)
        seen.add(child)
      }
    }
  }
  return [...hosts]
}

const groupsByMembership = new WeakMap<Inventory, Map<string, Group[]>>()

/** The groups that contain a host, directly or through children, in the order in which their variables apply (later ones win). */
export const groupsOf = (inventory: Inventory, host: string): Group[] => {
  const known = groupsByMembership.get(inventory) ?? new Map<string, Group[]>()
  groupsByMembership.set(inventory, known)
  const direct = inventory.hosts.get(host)?.groups ?? new Set()
  const key = [...direct].toSorted().join('\n')
  const groups = known.get(key) ?? inOrder([...withAncestors(inventory, direct)].flatMap(name => inventory.groups.get(name) ?? []))
  known.set(key, groups)
  return groups
}

const inOrder = (groups: Group[]): Group[] =>
  groups.sort((a, b) => a.depth - b.depth || a.priority - b.priority || byCodePoint(a.name, b.name))

const withAncestors = (inventory: Inventory, direct: Iterable<string>): Set<string> => {
  const found = new Set(['all', ...direct])
  // A Set iteration also visits elements added during it.
  for (const name of found) for (const parent of inventory.groups.get(name)?.parents.keys() ?? []) found.add(parent)
  return found
}

/** Python's string order: a locale would sort `Web` between `vip` and `x`. */
export const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
