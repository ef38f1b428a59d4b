import { ConfigError, type Place } from './error.ts'
import type { Inventory } from './model.ts'

/** One part of a host pattern. */
export interface PatternPart {
  /** `!` excludes its hosts, `&` intersects with them. */
  operator: '' | '!' | '&'
  /** The text after the operator, without the subscript: a name, a glob or `~regex`. */
  name: string
  /** Range of the hosts in their order, as for `slice`. */
  subscript?: { from: number; to: number | undefined }
  /** The part as it was written. */
  written: string
  place: Place | undefined
}

/** Characters, more than fit on a command line. The regular expressions that parse a pattern need stack in proportion to its length. */
const longest = 500_000

/**
 * Splits at commas; without any, at colons and blanks outside brackets. A name of the inventory is never split. Blanks around a part and
 * after its operator are ignored.
 */
export const splitPattern = (inventory: Inventory, pattern: string, place?: Place): PatternPart[] => {
  if (pattern.length > longest) throw new ConfigError(`this pattern is longer than ${longest} characters`, place)
  const isName = (name: string) => inventory.hosts.has(name) || inventory.groups.has(name)
  const whole = pattern.trim().replace(/(^|[\s,:])([!&])\s+/g, '$1$2')
  if (isName(whole.replace(/^[!&]/, ''))) return [partOf(whole, isName, place)]
  const parts = whole.includes(',') ? whole.split(',') : (whole.match(/(?:[^\s:[\]]|\[[^\]]*\]?|\])+/g) ?? [])
  return parts.map(part => part.trim()).flatMap(part => (part === '' ? [] : [partOf(part, isName, place)]))
}

const subscriptPattern = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/s

const partOf = (written: string, isName: (name: string) => boolean, place: Place | undefined): PatternPart => {
  const operator = (/^[!&]/.exec(written)?.[0] ?? '') as PatternPart['operator']
  const text = written.slice(operator.length)
  if (text === '' || /^[!&]/.test(text)) throw new ConfigError(`'${written}': a name is missing after '${operator}'`, place)
  const found = text.startsWith('~') || isName(text) ? null : subscriptPattern.exec(text)
  const [, name = text, single, from, to] = found ?? []
  if (!found) return { operator, name, written, place }
  return { operator, name, subscript: single === undefined ? rangeOf(from, to, written, place) : oneAt(Number(single)), written, place }
}

const oneAt = (index: number) => ({ from: index, to: index === -1 ? undefined : index + 1 })

const rangeOf = (from = '', to = '', written: string, place: Place | undefined) => {
  if (to !== '' && Number(to) < Number(from)) throw new ConfigError(`'${written}' ends before it begins`, place)
  return { from: Number(from), to: to === '' ? undefined : Number(to) + 1 }
}
