import { ConfigError, configErrorsOf, type Source, throwAll, wholeOf } from './error.ts'
import { expandHosts } from './host-names.ts'
import { addChild, addGroup, addHost, type Group, type Inventory, setGroupVariable } from './model.ts'
import { didYouMean } from './suggest.ts'
import type { Entry, Value, Variables } from './value.ts'

const keys = ['hosts', 'children', 'vars']

/** Reads a parsed YAML inventory into `inventory`. */
export const readYamlInventory = (inventory: Inventory, value: Value, source: Source): void => {
  if (value.kind !== 'map') throw new ConfigError('an inventory is a mapping of groups', wholeOf(source), 'all:\n    hosts:\n      M1:')
  const plugin = value.entries.get('plugin')
  if (plugin)
    throw new ConfigError('inventory plugins are not supported', plugin.at, 'save its output with: ansible-inventory --list --yaml')
  const errors: ConfigError[] = []
  for (const [name, entry] of value.entries) {
    if (name.startsWith('_') && !isGroup(entry.value)) continue
    try {
      readGroup(inventory, name, entry)
    } catch (error) {
      errors.push(...configErrorsOf(error))
    }
  }
  throwAll(errors)
}

/** Whether a value can be a group: a mapping, or nothing. */
export const isGroup = (value: Value) => value.kind === 'map' || (value.kind === 'scalar' && value.value === null)

const readGroup = (inventory: Inventory, name: string, { at, value }: Entry): Group => {
  // By convention such names only hold anchors. Ansible makes groups of them and ignores keys that no group has.
  const holdsAnchors = name.startsWith('_')
  const group = addGroup(inventory, name, at)
  for (const [key, entry] of mappingOf(value, `group '${name}'`)) {
    if (holdsAnchors && !keys.includes(key)) continue
    if (!keys.includes(key))
      throw new ConfigError(
        `a group has hosts, children and vars, not '${key}'`,
        entry.at,
        didYouMean(key, keys) ?? 'put variables under vars:',
      )
    const members = mappingOf(entry.value, `'${key}' of group '${name}'`)
    if (key === 'vars') for (const [variable, given] of members) setGroupVariable(group, variable, given)
    if (key === 'children') for (const [child, given] of members) addChild(inventory, group, readGroup(inventory, child, given), given.at)
    if (key === 'hosts') for (const [host, given] of members) readHost(inventory, group, host, given)
  }
  return group
}

const readHost = (inventory: Inventory, group: Group, written: string, { at, value }: Entry): void => {
  const { names, port } = expandHosts(written, at)
  const variables = mappingOf(value, `host '${written}'`)
  for (const name of names) {
    const host = addHost(inventory, name, group, at, port)
    for (const [variable, entry] of variables) host.vars.set(variable, entry)
  }
}

/** The entries of a mapping; none for an empty value. A single word is a name without a value, as in `hosts: M1`. */
const mappingOf = (value: Value, what: string): Variables => {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'scalar' && value.value === null) return new Map()
  const place = value.place
  if (value.kind === 'scalar' && typeof value.value === 'string' && !what.startsWith('host '))
    return new Map([[value.value, { at: place, value: { kind: 'scalar', value: null, place } }]])
  const kind = value.kind === 'list' ? 'a list' : 'a single value'
  throw new ConfigError(
    `${what} must be a mapping, not ${kind}`,
    place,
    value.kind === 'list' ? "write 'M1:' instead of '- M1'" : undefined,
  )
}
