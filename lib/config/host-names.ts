import { ConfigError, type Place } from './error.ts'

const RANGE = String.raw`\[(?:[a-z]:[a-z]|\d*:\d+)(?::\d+)?\]`
const LABEL = String.raw`(?:\w|${RANGE})(?:[\w-]|${RANGE})*(?<![_-])`
const HOST_NAME = new RegExp(String.raw`^${LABEL}(?:\.${LABEL})*$`, 'i')
const WITH_PORT = /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/
const BRACKETED = /^\[([^\]]+)\]:(\d+)$/

/** The host names that an inventory's host entry stands for, ranges written out, and the port behind it (`M[1:2]:2222`). */
export function expandHosts(entry: string, place: Place): { names: string[]; port?: number } {
  const bracketed = BRACKETED.exec(entry)
  if (bracketed) return { names: [bracketed[1] ?? ''], port: Number(bracketed[2]) }
  const withPort = WITH_PORT.exec(entry)
  const name = withPort?.[1] ?? ''
  if (HOST_NAME.test(name)) return { names: expandRange(name, place), port: Number(withPort?.[2]) }
  if (entry.endsWith(':')) throw new ConfigError(`'${entry}' ends with a colon`, place, 'a colon announces a port')
  return { names: expandRange(entry, place) }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

function expandRange(name: string, place: Place): string[] {
  const range = /^([^[]*)\[([^\]]*)\](.*)$/s.exec(name)
  if (!range) return [name]
  const [, head = '', bounds = '', tail = ''] = range
  return sequence(bounds, place).flatMap(step => expandRange(`${head}${step}${tail}`, place))
}

function sequence(bounds: string, place: Place): string[] {
  const [first = '', last, step = '1', ...more] = bounds.split(':')
  if (last === undefined || last === '' || more.length > 0)
    throw new ConfigError(`'[${bounds}]' is no range`, place, 'a range is [first:last] or [first:last:step]')
  const begin = first === '' ? '0' : first
  const letters = [LETTERS.indexOf(begin), LETTERS.indexOf(last)] as const
  const alphabetic = begin.length === 1 && last.length === 1 && letters[0] >= 0 && letters[1] >= 0
  const [from, to] = alphabetic ? letters : [Number(begin), Number(last)]
  if (![from, to, Number(step)].every(Number.isInteger) || Number(step) < 1) throw new ConfigError(`'[${bounds}]' is no range`, place)
  if (from > to) throw new ConfigError(`the range '[${bounds}]' ends before it begins`, place)
  const padded = !alphabetic && begin.length > 1 && begin.startsWith('0')
  if (padded && begin.length !== last.length) throw new ConfigError(`both ends of '[${bounds}]' need the same number of digits`, place)
  const count = Math.floor((to - from) / Number(step)) + 1
  if (count > 10_000) throw new ConfigError(`the range '[${bounds}]' names ${count} hosts`, place)
  const numbers = Array.from({ length: count }, (_, index) => from + index * Number(step))
  return numbers.map(number =>
    alphabetic ? (LETTERS[number] ?? '') : padded ? String(number).padStart(begin.length, '0') : String(number),
  )
}
