import { ConfigError } from '../../config/error.ts'
import { jsonText } from '../../config/json.ts'
import { byCodePoint, type Group, type Inventory } from '../../config/model.ts'
import { type OuterVariables, variablesOf } from '../../config/precedence.ts'
import { isSecretName } from '../../config/secret-lines.ts'
import type { Entry, Value } from '../../config/value.ts'
import { maskText } from '../../text/mask.ts'

/** Characters. A group with several parents is drawn below each of them: a ladder of 30 groups would take a billion lines. */
const largestGraph = 20_000_000

/**
 * The groups below a group and their hosts, as `ansible-inventory --graph` draws them. Throws `ConfigError` for a graph too large to read.
 */
export const graphOf = (inventory: Inventory, group: Group): string => {
  const lines: string[] = []
  let length = 0
  const waiting: { of: Group | string; depth: number }[] = [{ of: group, depth: 0 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { of, depth } = next
    const line = twig(typeof of === 'string' ? of : `@${of.name}:`, depth)
    lines.push(line)
    length += line.length + 1
    if (length > largestGraph) throw new ConfigError('this graph is too large to draw', undefined, '--list shows every group once')
    if (typeof of === 'string') continue
    const below = [...childrenOf(inventory, of), ...hostsIn(of)].map(part => ({ of: part, depth: depth + 1 }))
    for (const part of below.reverse()) waiting.push(part)
  }
  return `${lines.join('\n')}\n`
}

const twig = (name: string, depth: number) => (depth === 0 ? name : `${'  |'.repeat(depth)}--${name}`)

const childrenOf = (inventory: Inventory, group: Group): Group[] => [...group.children].flatMap(name => inventory.groups.get(name) ?? [])

/** Ansible shows hosts without a group below `ungrouped`, never below `all`. */
const hostsIn = (group: Group): string[] => (group.name === 'all' ? [] : [...group.hosts])

/** All groups and all variables of all hosts, in the format of `ansible-inventory --list`; secrets masked. */
export const listingOf = (inventory: Inventory, outer: OuterVariables): Record<string, unknown> => ({
  _meta: { hostvars: filled([...inventory.hosts.keys()].map(host => [host, hostListing(inventory, host, outer)])) },
  ...filled([...inventory.groups.values()].map(group => [group.name, membersOf(group)])),
})

/** Ansible leaves out what is empty. */
const filled = (entries: [string, object][]) => Object.fromEntries(entries.filter(([, content]) => Object.keys(content).length > 0))

const membersOf = (group: Group) => ({
  ...(group.children.size > 0 && { children: [...group.children] }),
  ...(hostsIn(group).length > 0 && { hosts: hostsIn(group) }),
})

/** The variables of one host, in the format of `ansible-inventory --host`; secrets masked. */
export const hostListing = (inventory: Inventory, host: string, outer: OuterVariables): Record<string, unknown> =>
  listedEntries(variablesOf(inventory, host, outer), false)

const listedEntries = (entries: Map<string, Entry>, secret: boolean): Record<string, unknown> =>
  Object.fromEntries([...entries].map(([name, { value }]) => [name, listed(value, secret || isSecretName(name))]))

/** A value as it is written: templates unexpanded, vault text encrypted. Decrypted text and variables with a secret name are masked. */
const listed = (value: Value, secret: boolean): unknown => {
  switch (value.kind) {
    case 'vault':
      return { __ansible_vault: value.ciphertext }
    case 'list':
      return value.items.map(item => listed(item, secret))
    case 'map':
      return listedEntries(value.entries, secret)
    case 'scalar':
      if (secret || value.place.source.secret) return maskText
      return value.verbatim ? { __ansible_unsafe: value.value } : finite(value.value)
  }
}

/** JSON has no infinity: it would silently become null. */
const finite = (value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value)

/** JSON in Ansible's format: keys sorted, an indent of four columns. */
export const ansibleJson = (value: unknown): string => `${jsonText(sorted(value), 4)}\n`

const sorted = (value: unknown): unknown => {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).sort(([a], [b]) => byCodePoint(a, b))
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]))
}
