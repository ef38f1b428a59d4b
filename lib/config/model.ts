import { ConfigError, type Place } from './error.ts'
import type { Decrypter, Entry, Variables } from './value.ts'

/** A group as the inventory declares it. `all` and `ungrouped` always exist. */
export interface Group {
  name: string
  /** Where it was first named; undefined for the two that always exist. */
  place: Place | undefined
  /** Names of its direct hosts and direct child groups, in the order they were named. */
  hosts: string[]
  children: string[]
  parents: string[]
  /** Variables of the inventory files themselves; group_vars files come on top. */
  vars: Variables
  /** `ansible_group_priority` */
  priority: number
}

/** A host as the inventory declares it. */
export interface Host {
  name: string
  place: Place
  vars: Variables
}

/** All inventory sources read together. Values are kept as written; see `variablesOf`, `resolveVars` and `connectionTarget`. */
export interface Inventory {
  /** The given sources, as given. */
  sources: string[]
  hosts: Map<string, Host>
  groups: Map<string, Group>
  /** Directories beside the sources, in their order, then those beside playbooks: `host_vars/` and `group_vars/` are looked for there. */
  inventoryDirectories: string[]
  playbookDirectories: string[]
  vault: Decrypter & { readonly empty: boolean }
}

/** An inventory with nothing but the groups that always exist. */
export function emptyInventory(vault: Inventory['vault']): Inventory {
  const inventory: Inventory = {
    sources: [],
    hosts: new Map(),
    groups: new Map(),
    inventoryDirectories: [],
    playbookDirectories: [],
    vault,
  }
  for (const name of ['all', 'ungrouped']) inventory.groups.set(name, newGroup(name, undefined))
  link(inventory, 'all', 'ungrouped')
  return inventory
}

const newGroup = (name: string, place: Place | undefined): Group => ({
  name,
  place,
  hosts: [],
  children: [],
  parents: [],
  vars: new Map(),
  priority: 1,
})

/** The group of that name, made when it is new. */
export function addGroup(inventory: Inventory, name: string, place: Place): Group {
  const group = inventory.groups.get(name) ?? newGroup(name, place)
  inventory.groups.set(name, group)
  group.place ??= place
  return group
}

/** The host of that name as a member of a group, made when it is new. As in Ansible, a port behind the name counts where it is new only. */
export function addHost(inventory: Inventory, name: string, group: Group, place: Place, port?: number): Host {
  const host = inventory.hosts.get(name) ?? { name, place, vars: portVariable(place, port) }
  inventory.hosts.set(name, host)
  if (!group.hosts.includes(name)) group.hosts.push(name)
  return host
}

const portVariable = (place: Place, port: number | undefined): Variables =>
  new Map(port === undefined ? [] : [['ansible_port', { at: place, value: { kind: 'scalar', value: port, place } }]])

/** Makes a group the child of another; a loop is an error. */
export function addChild(inventory: Inventory, parent: Group, child: Group, place: Place): void {
  if (parent === child || ancestorsOf(inventory, parent.name).has(child.name))
    throw new ConfigError(`group '${child.name}' would contain itself`, place, `'${parent.name}' is in '${child.name}' already`)
  link(inventory, parent.name, child.name)
}

function link(inventory: Inventory, parent: string, child: string): void {
  const [above, below] = [inventory.groups.get(parent), inventory.groups.get(child)]
  if (!above || !below || above.children.includes(child)) return
  above.children.push(child)
  below.parents.push(parent)
}

/** Sets a group's variable. The group's priority is no variable but a property, and only counts here, not in group_vars: as in Ansible. */
export function setGroupVariable(group: Group, name: string, entry: Entry): void {
  if (name !== 'ansible_group_priority') {
    group.vars.set(name, entry)
    return
  }
  const value = entry.value.kind === 'scalar' ? Number(entry.value.value) : Number.NaN
  if (!Number.isInteger(value)) throw new ConfigError('ansible_group_priority must be a whole number', entry.value.place)
  group.priority = value
}

/** Once all sources are read: every group hangs below `all`, and `ungrouped` holds the hosts that no other group does. */
export function completeInventory(inventory: Inventory): void {
  for (const group of inventory.groups.values()) if (group.name !== 'all' && group.parents.length === 0) link(inventory, 'all', group.name)
  const ungrouped = inventory.groups.get('ungrouped')
  if (!ungrouped) return
  const grouped = new Set<string>()
  for (const group of inventory.groups.values())
    if (!['all', 'ungrouped'].includes(group.name)) for (const host of group.hosts) grouped.add(host)
  ungrouped.hosts = [...new Set([...ungrouped.hosts, ...inventory.hosts.keys()])].filter(host => !grouped.has(host))
}

/** Names of all groups above a group. */
function ancestorsOf(inventory: Inventory, group: string): Set<string> {
  const found = new Set<string>()
  const add = (name: string) => {
    for (const parent of inventory.groups.get(name)?.parents ?? []) {
      if (found.has(parent)) continue
      found.add(parent)
      add(parent)
    }
  }
  add(group)
  return found
}

/** Hosts of a group and of all groups below it, its own first, then level by level. */
export function hostsOf(inventory: Inventory, group: string): string[] {
  const hosts = new Set<string>()
  const seen = new Set<string>()
  for (let level = [group]; level.length > 0; ) {
    const groups = level.filter(name => !seen.has(name)).map(name => inventory.groups.get(name))
    for (const member of groups) {
      seen.add(member?.name ?? '')
      for (const host of member?.hosts ?? []) hosts.add(host)
    }
    level = groups.flatMap(member => member?.children ?? [])
  }
  return [...hosts]
}

/** The groups that a host is in, directly or through their children, in the order in which their variables apply (later ones win). */
export function groupsOf(inventory: Inventory, host: string): Group[] {
  const names = new Set(['all'])
  for (const group of inventory.groups.values()) {
    if (!group.hosts.includes(host)) continue
    names.add(group.name)
    for (const ancestor of ancestorsOf(inventory, group.name)) names.add(ancestor)
  }
  const groups = [...names].flatMap(name => inventory.groups.get(name) ?? [])
  return groups
    .map(group => ({ group, depth: depthOf(inventory, group.name) }))
    .sort((a, b) => a.depth - b.depth || a.group.priority - b.group.priority || byCodePoint(a.group.name, b.group.name))
    .map(({ group }) => group)
}

/** The longest way up to `all`. */
function depthOf(inventory: Inventory, group: string): number {
  const parents = inventory.groups.get(group)?.parents ?? []
  return parents.length === 0 ? 0 : 1 + Math.max(...parents.map(parent => depthOf(inventory, parent)))
}

/** Python's order of strings: a locale would sort `Web` between `vip` and `x`. */
export const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
