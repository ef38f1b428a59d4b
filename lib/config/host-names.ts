import { ConfigError, type Place } from './error.ts'
import { mostHosts } from './model.ts'

const rangePattern = String.raw`\[(?:[a-z]:[a-z]|\d*:\d+)(?::\d+)?\]`
const labelPattern = String.raw`(?:\w|${rangePattern})(?:[\w-]|${rangePattern})*(?<![_-])`
const hostNamePattern = new RegExp(String.raw`^${labelPattern}(?:\.${labelPattern})*$`, 'i')
const withPortPattern = /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/
const bracketedPattern = /^\[([^\]]+)\]:(\d+)$/

/** Characters. A DNS name has at most 253; ranges may make the entry longer. */
const longest = 2000

/** The host names of an inventory's host entry, with ranges expanded, and its port (`M[1:2]:2222`). */
export const expandHosts = (entry: string, place: Place): { names: string[]; port?: number } => {
  if (entry.length > longest) throw new ConfigError(`'${entry.slice(0, 40)}...' is too long for the name of a host`, place)
  const bracketed = bracketedPattern.exec(entry)
  if (bracketed) return { names: [bracketed[1] ?? ''], port: Number(bracketed[2]) }
  const withPort = withPortPattern.exec(entry)
  const name = withPort?.[1] ?? ''
  if (hostNamePattern.test(name)) return { names: expandRange(name, place), port: Number(withPort?.[2]) }
  if (entry.endsWith(':')) throw new ConfigError(`'${entry}' ends with a colon`, place, 'a port must follow the colon')
  return { names: expandRange(entry, place) }
}

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** The names that an entry with ranges stands for. Counts them before it creates the first. */
const expandRange = (entry: string, place: Place): string[] => {
  const pieces: (string | Sequence)[] = []
  let rest = entry
  for (let range = rangeIn.exec(rest); range; range = rangeIn.exec(rest)) {
    pieces.push(range[1] ?? '', sequence(range[2] ?? '', place))
    rest = range[3] ?? ''
  }
  if (rest.includes('['))
    throw new ConfigError(`'${entry}': a bracket is not closed`, place, 'a range is [first:last] or [first:last:step]')
  const count = pieces.reduce((product, piece) => product * (typeof piece === 'string' ? 1 : piece.count), 1)
  if (count > mostHosts) throw new ConfigError(`'${entry}' names ${count} hosts, more than ${mostHosts}`, place)
  let names = ['']
  for (const piece of pieces)
    names = names.flatMap(name =>
      typeof piece === 'string' ? [name + piece] : Array.from({ length: piece.count }, (_, step) => name + piece.at(step)),
    )
  return names.map(name => name + rest)
}

const rangeIn = /^([^[]*)\[([^\]]*)\](.*)$/s

interface Sequence {
  count: number
  at(step: number): string
}

const sequence = (bounds: string, place: Place): Sequence => {
  const [first = '', last, step = '1', ...more] = bounds.split(':')
  const noRange = () => new ConfigError(`'[${bounds}]' is not a range`, place, 'a range is [first:last] or [first:last:step]')
  if (last === undefined || last === '' || more.length > 0) throw noRange()
  const begin = first === '' ? '0' : first
  const letters = [alphabet.indexOf(begin), alphabet.indexOf(last)] as const
  const alphabetic = begin.length === 1 && last.length === 1 && letters[0] >= 0 && letters[1] >= 0
  // Only digits: JavaScript would read 0x1 as a number too.
  if (!alphabetic && ![begin, last].every(bound => /^\d{1,15}$/.test(bound))) throw noRange()
  if (!/^0*[1-9]\d{0,14}$/.test(step)) throw noRange()
  const [from, to] = alphabetic ? letters : [Number(begin), Number(last)]
  if (from > to) throw new ConfigError(`the range '[${bounds}]' ends before it begins`, place)
  const padded = !alphabetic && begin.length > 1 && begin.startsWith('0')
  if (padded && begin.length !== last.length) throw new ConfigError(`both ends of '[${bounds}]' need the same number of digits`, place)
  const shown = (number: number) => (alphabetic ? (alphabet[number] ?? '') : String(number).padStart(padded ? begin.length : 1, '0'))
  return { count: Math.floor((to - from) / Number(step)) + 1, at: index => shown(from + index * Number(step)) }
}
