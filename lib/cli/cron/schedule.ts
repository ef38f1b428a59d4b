import { UsageError } from '../options.ts'

/** One of the five fields of crontab(5). Names stand for the numbers from `low` on. */
interface Field {
  name: string
  low: number
  high: number
  names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fields: readonly Field[] = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'day of month', low: 1, high: 31 },
  { name: 'month', low: 1, high: 12, names: months },
  { name: 'day of week', low: 0, high: 7, names: days },
]

const nicknames = ['@reboot', '@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/**
 * Validates a schedule as Debian's cron reads it. Throws `UsageError`, with the field named, for what cron would refuse (and with it the
 * whole file), and for what it would misread: it ignores what follows a value (`5x`), and a reversed range never matches.
 */
export const checkSchedule = (schedule: string): string => {
  const text = schedule.trim()
  const refuse = (why: string): never => {
    throw new UsageError(`--schedule '${schedule}': ${why} (crontab(5))`)
  }
  if (/[\r\n\0]/.test(schedule)) refuse('it must be one line')
  if (text.startsWith('@')) return nicknames.includes(text) ? text : refuse(`unknown nickname; there are ${nicknames.join(', ')}`)
  const parts = text.split(/[ \t]+/)
  if (text === '' || parts.length !== fields.length)
    refuse("expected five fields: minute, hour, day of month, month and day of week, such as '*/15 * * * *'")
  const values = fields.map((field, i) => valuesOf(parts[i] ?? '', field, why => refuse(`${field.name} '${parts[i]}': ${why}`)))
  if (neverComes(parts, values)) refuse(`day of month '${parts[2]}': there is no such day in month '${parts[3]}'`)
  return parts.join(' ')
}

type Refuse = (why: string) => never

const valuesOf = (text: string, field: Field, refuse: Refuse): Set<number> =>
  new Set(text.split(',').flatMap(item => valuesOfItem(item, field, refuse)))

const valuesOfItem = (item: string, field: Field, refuse: Refuse): number[] => {
  const [, from = '', to, step] = /^(\*|[^*/-]+)(?:-([^*/-]+))?(?:\/(\d{1,9}))?$/.exec(item) ?? []
  if (from === '' || (from === '*' && to !== undefined))
    return refuse(item === '' ? 'a value is missing' : "expected a value, a range or a step such as '*/15'")
  const isRange = from === '*' || to !== undefined
  if (step !== undefined && !isRange) return refuse("a step needs a range or '*' before it")
  if (step !== undefined && Number(step) === 0) return refuse('the step is 0')
  const first = from === '*' ? field.low : numberOf(from, field, refuse)
  const last = from === '*' ? field.high : to === undefined ? first : numberOf(to, field, refuse)
  if (first > last) return refuse(`the range ${from}-${to} is reversed: it never matches`)
  const width = Number(step ?? 1)
  return Array.from({ length: Math.floor((last - first) / width) + 1 }, (_, i) => first + i * width)
}

const numberOf = (word: string, { low, high, names }: Field, refuse: Refuse): number => {
  const named = names?.indexOf(word.toLowerCase()) ?? -1
  if (named >= 0) return low + named
  if (!/^\d{1,9}$/.test(word))
    return refuse(
      names ? `'${word}' is neither a number nor one of ${names.join(', ')}` : `'${word}' is not a number; names are not allowed here`,
    )
  const number = Number(word)
  return number < low || number > high ? refuse(`${word} is out of range (${low} to ${high})`) : number
}

/** 31 February: cron accepts it, but the job never runs. A day of the week in the same schedule is an alternative. */
const neverComes = (parts: readonly string[], [, , dates = new Set(), inMonths = new Set()]: Set<number>[]): boolean => {
  if (parts[2]?.startsWith('*') || !parts[4]?.startsWith('*')) return false
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return Math.min(...dates) > Math.max(...[...inMonths].map(month => longest[month - 1] ?? 31))
}
