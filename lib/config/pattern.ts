import { resolve } from 'node:path'
import { ConfigError, type Place, wholeOf } from './error.ts'
import { readSource } from './files.ts'
import { hostsOf, type Inventory } from './model.ts'
import { didYouMean } from './suggest.ts'

export interface PatternOptions {
  /** Where the pattern was written, for errors. */
  place?: Place
  /** Takes a plain name that the inventory lacks for an empty group, as Ansible does. */
  optional?: boolean
}

/** Hosts that a pattern selects, in the inventory's order: names, groups, globs, `~regex`, `[subscripts]`, joined by `,` or `:` with `!` and `&`. */
export function matchHosts(inventory: Inventory, pattern: string | readonly string[], options: PatternOptions = {}): string[] {
  const parts = (typeof pattern === 'string' ? [pattern] : pattern).flatMap(part => splitPattern(inventory, part))
  const excluded = parts.filter(part => part.startsWith('!'))
  const required = parts.filter(part => part.startsWith('&'))
  const chosen = parts.filter(part => !/^[!&]/.test(part))
  const select = (part: string) => matchOne(inventory, part, options)
  // With nothing but `!M2`, all others are meant.
  let hosts = [...new Set((chosen.length > 0 ? chosen : ['all']).flatMap(select))]
  for (const part of required) hosts = within(hosts, select(part.slice(1)))
  for (const part of excluded) hosts = without(hosts, select(part.slice(1)))
  return hosts
}

/** Those of the hosts that `--limit` leaves. The limit itself may name any host of the inventory, and `@file` one pattern a line. */
export function limitHosts(inventory: Inventory, hosts: readonly string[], limit: string, cwd: string = process.cwd()): string[] {
  const parts = splitPattern(inventory, limit).flatMap(part =>
    part.startsWith('@') ? patternsOf(resolve(cwd, part.slice(1)), cwd) : [part],
  )
  return within(hosts, matchHosts(inventory, parts, { place: wholeOf({ file: '--limit', text: limit }) }))
}

const within = (hosts: readonly string[], allowed: readonly string[]) => hosts.filter(host => allowed.includes(host))
const without = (hosts: readonly string[], unwanted: readonly string[]) => hosts.filter(host => !unwanted.includes(host))

/** A limit file's patterns. `--limit @` of an empty file means no host at all, not all of them. */
function patternsOf(file: string, cwd: string): string[] {
  const source = readSource(file, cwd)
  const lines = source.text.split('\n').map(line => line.trim())
  const patterns = lines.filter(line => line !== '' && !line.startsWith('#'))
  if (patterns.length === 0) throw new ConfigError('names no host', wholeOf(source))
  return patterns
}

/** Splits at commas; without any, at the colons outside brackets. A name of the inventory is one piece whatever it contains. */
function splitPattern(inventory: Inventory, pattern: string): string[] {
  const whole = pattern.trim()
  const bare = whole.replace(/^[!&]/, '')
  if (inventory.hosts.has(bare) || inventory.groups.has(bare)) return [whole]
  const parts = whole.includes(',') ? whole.split(',') : (whole.match(/(?:[^\s:[\]]|\[[^\]]*\]?|\])+/g) ?? [])
  return parts.map(part => part.trim()).filter(part => part !== '')
}

const SUBSCRIPT = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/

function matchOne(inventory: Inventory, part: string, options: PatternOptions): string[] {
  if (inventory.hosts.has(part)) return [part]
  const subscript = part.startsWith('~') ? null : SUBSCRIPT.exec(part)
  const hosts = namedHosts(inventory, subscript?.[1] ?? part, options)
  return subscript && hosts.length > 0 ? subscripted(hosts, subscript, part, options) : hosts
}

function namedHosts(inventory: Inventory, name: string, { place, optional }: PatternOptions): string[] {
  if (name === 'all' || name === '*') return hostsOf(inventory, 'all')
  const matches = matcher(name, place)
  const groups = [...inventory.groups.keys()].filter(matches)
  const hosts = groups.flatMap(group => hostsOf(inventory, group))
  // As in Ansible, a plain name that is a group's is not looked for among the hosts.
  if (groups.length === 0 || /^~|[.?*[]/.test(name)) hosts.push(...[...inventory.hosts.keys()].filter(matches))
  if (groups.length === 0 && hosts.length === 0 && !optional) throw unknownName(inventory, name, place)
  return [...new Set(hosts)]
}

function unknownName(inventory: Inventory, name: string, place: Place | undefined): ConfigError {
  if (/^~|[?*[]/.test(name)) return new ConfigError(`'${name}' matches no host and no group of the inventory`, place)
  const known = [...inventory.hosts.keys(), ...inventory.groups.keys()].filter(other => other !== 'ungrouped')
  return new ConfigError(
    `no host or group '${name}' in the inventory`,
    place,
    didYouMean(name, known) ?? `it has: ${known.slice(0, 12).join(', ')}`,
  )
}

/** Subscripts count from 0; a range includes its end. */
function subscripted(hosts: string[], [, , single, from, to]: RegExpExecArray, part: string, { place }: PatternOptions): string[] {
  if (single === undefined) return hosts.slice(Number(from), to ? Number(to) + 1 : undefined)
  const host = hosts.at(Number(single))
  if (host === undefined) throw new ConfigError(`'${part}': there are only ${hosts.length} hosts`, place, 'subscripts count from 0')
  return [host]
}

/** A regular expression fits from the name's start on, a glob fits the whole name. */
function matcher(name: string, place: Place | undefined): (name: string) => boolean {
  try {
    const expression = name.startsWith('~') ? new RegExp(`^(?:${name.slice(1)})`) : new RegExp(`^${globExpression(name)}$`, 's')
    return candidate => expression.test(candidate)
  } catch (error) {
    throw new ConfigError(`'${name}' is no regular expression: ${(error as Error).message}`, place)
  }
}

const globExpression = (glob: string) =>
  glob.replace(/\[(!?)(\]?[^\]]*)\]|[\\^$.*+?()[\]{}|]/g, (character, not?: string, set?: string) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`
    return character === '*' ? '.*' : character === '?' ? '.' : `\\${character}`
  })
