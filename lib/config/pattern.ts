import { resolve } from 'node:path'
import { ConfigError, type Place, wholeOf } from './error.ts'
import { readSource } from './files.ts'
import { globMatcher } from './glob.ts'
import { hostsOf, type Inventory } from './model.ts'
import { type PatternPart, splitPattern } from './pattern-parts.ts'
import { namesMatching } from './regular-expression.ts'
import { didYouMean } from './suggest.ts'

export interface PatternOptions {
  /** Where the pattern was written, for errors. */
  place?: Place
  /** Groups that an inventory may lack: a pattern that is only the name of one then selects no host. */
  mayLack?: readonly string[]
}

/**
 * Hosts that a pattern selects, in the inventory's order: names, groups, globs, `~regex`, `[subscripts]`, joined by `,` or `:` with `!` and
 * `&`. Throws for a part that matches nothing: a typo in an exclusion would select the host to exclude, where Ansible only warns.
 */
export const matchHosts = (inventory: Inventory, pattern: string | readonly string[], options: PatternOptions = {}): string[] => {
  const texts = typeof pattern === 'string' ? [pattern] : pattern
  const parts = texts.flatMap(text => splitPattern(inventory, text, options.place))
  // Ansible would treat it as "all".
  if (parts.length === 0) throw new ConfigError(`the pattern '${texts.join(',')}' names no host`, options.place)
  const [only, ...others] = parts
  if (only?.operator === '' && others.length === 0 && options.mayLack?.includes(only.name) && !isKnown(inventory, only.name)) return []
  return combined(inventory, parts)
}

/**
 * The hosts that `--limit` selects among the given ones. The limit may name any host of the inventory, and `@file` one pattern per line.
 */
export const limitHosts = (inventory: Inventory, hosts: readonly string[], limit: string, cwd: string = process.cwd()): string[] => {
  const place = wholeOf({ file: '--limit', text: limit })
  const parts = splitPattern(inventory, limit, place).flatMap(part =>
    part.operator === '' && part.name.startsWith('@') && part.name !== '@'
      ? patternsOf(inventory, resolve(cwd, part.name.slice(1)), cwd)
      : [part],
  )
  if (parts.length === 0) throw new ConfigError('no host is named', place, 'omit --limit for all hosts of the play')
  const allowed = new Set(combined(inventory, parts))
  return hosts.filter(host => allowed.has(host))
}

/** The patterns of a limit file. `--limit @` with an empty file means no host, not all of them. */
const patternsOf = (inventory: Inventory, file: string, cwd: string): PatternPart[] => {
  const source = readSource(file, cwd)
  const parts = source.text.split('\n').flatMap((line, index) => {
    const text = line.trim()
    const place = { source, line: index + 1, column: line.length - line.trimStart().length + 1 }
    return text === '' || text.startsWith('#') ? [] : splitPattern(inventory, text, place)
  })
  if (parts.length === 0) throw new ConfigError('names no host', wholeOf(source))
  return parts
}

/** Exclusions and intersections apply last, wherever they are written. A pattern of only `!M2` means all others. */
const combined = (inventory: Inventory, parts: readonly PatternPart[]): string[] => {
  const select = (operator: PatternPart['operator']) =>
    parts.filter(part => part.operator === operator).map(part => matchOne(inventory, part))
  const chosen = select('')
  const required = select('&').map(hosts => new Set(hosts))
  const excluded = new Set(select('!').flat())
  const hosts = new Set(chosen.length > 0 ? chosen.flat() : hostsOf(inventory, 'all'))
  return [...hosts].filter(host => !excluded.has(host) && required.every(set => set.has(host)))
}

const isKnown = (inventory: Inventory, name: string) => inventory.hosts.has(name) || inventory.groups.has(name)

const matchOne = (inventory: Inventory, part: PatternPart): string[] => {
  const { name, operator } = part
  const isHost = inventory.hosts.has(name) && (operator === '' || !inventory.groups.has(name))
  if (isHost && !part.subscript) return [name]
  const hosts = isHost ? [name] : inventory.hosts.has(name) ? namesakes(inventory, part) : namedHosts(inventory, part)
  return part.subscript ? subscripted(hosts, part) : hosts
}

/** As in Ansible, a name of both a host and a group means the group after `!` and `&`, otherwise the host. */
const namesakes = (inventory: Inventory, { name, written, place }: PatternPart): string[] => {
  const hosts = hostsOf(inventory, name)
  if (hosts.includes(name)) return hosts
  throw new ConfigError(`'${written}' is ambiguous: '${name}' is a host, and a group without that host`, place, 'rename one of them')
}

const globPattern = /[?*[]/

const namedHosts = (inventory: Inventory, part: PatternPart): string[] => {
  const { name } = part
  if (name === 'all' || name === '*') return hostsOf(inventory, 'all')
  const matching = matcher(part)
  const groups = matching ? matching(inventory.groups.keys()) : inventory.groups.has(name) ? [name] : []
  const hosts = matching ? matching(inventory.hosts.keys()) : []
  if (groups.length === 0 && hosts.length === 0) throw unknownName(inventory, part)
  return [...new Set([...hostsOf(inventory, ...groups), ...hosts])]
}

/** Returns a function that finds the names matching a glob or a regular expression; undefined for a plain name. */
const matcher = ({ name, place }: PatternPart): ((names: Iterable<string>) => string[]) | undefined => {
  if (!name.startsWith('~')) return globPattern.test(name) ? names => [...names].filter(globMatcher(name)) : undefined
  return names => {
    try {
      return namesMatching(names, name.slice(1))
    } catch (error) {
      throw new ConfigError(`'${name}' cannot be used as a regular expression: ${(error as Error).message}`, place)
    }
  }
}

const unknownName = (inventory: Inventory, { name, written, place }: PatternPart): ConfigError => {
  if (name.startsWith('~') || globPattern.test(name))
    return new ConfigError(`'${shortened(written)}' matches no host and no group of the inventory`, place)
  const known = [...inventory.hosts.keys(), ...inventory.groups.keys()].filter(other => other !== 'ungrouped')
  const list = known.length > 12 ? `${known.slice(0, 12).join(', ')}, ...` : known.join(', ')
  if (name === '@') return new ConfigError("'@' names no file", place)
  const mixed = written.includes(':') && 'a colon does not separate parts when there is a comma: use commas only'
  return new ConfigError(
    `no host or group '${shortened(name)}' in the inventory`,
    place,
    mixed || (didYouMean(name, known) ?? `it has: ${list}`),
  )
}

const shortened = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}...` : text)

/** Subscripts count from 0; a range includes its end. */
const subscripted = (hosts: string[], { subscript, written, place }: PatternPart): string[] => {
  const found = subscript ? hosts.slice(subscript.from, subscript.to) : hosts
  if (found.length > 0 || hosts.length === 0) return found
  const there = hosts.length === 1 ? 'there is only 1 host' : `there are only ${hosts.length} hosts`
  throw new ConfigError(`'${written}': ${there}`, place, 'subscripts count from 0')
}
