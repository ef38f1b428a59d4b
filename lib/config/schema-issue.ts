import type * as z from 'zod'
import { ConfigError, type Place } from './error.ts'
import { shownPath } from './files.ts'
import type { HostError } from './host-errors.ts'
import { groupsOf, type Inventory } from './model.ts'
import { partAt, type Value, type Variables } from './value.ts'

interface Context {
  inventory: Inventory
  host: string
  given: Variables
  schema: z.ZodObject
}

/** Whether a field has `.meta({ secret: true })`, even inside `.optional()` or `.default()`. */
export const fieldSecret = (field: z.ZodType): boolean => {
  if (field.meta()?.secret === true) return true
  const inner = (field.def as { innerType?: z.ZodType; in?: z.ZodType }).innerType ?? (field.def as { in?: z.ZodType }).in
  return inner !== undefined && fieldSecret(inner)
}

/** One issue of the schema as an error at its value, or at the host that lacks the value. */
export const issueError = (issue: z.core.$ZodIssue, { inventory, host, given, schema }: Context): HostError => {
  const [name, ...rest] = issue.path
  const entry = given.get(String(name))
  if (!entry) {
    const place = inventory.hosts.get(host)?.place
    return { host, missing: String(name), error: new ConfigError(missing(String(name), host, schema), place, whereToSet(inventory, host)) }
  }
  const place = shownPlace(partAt(entry.value, rest), schema, String(name))
  return { host, problem: messageOf(issue), place, error: new ConfigError(`${messageOf(issue)} (for ${host})`, place) }
}

/** The place of a value; the line of a secret is not shown. */
export const shownPlace = ({ kind, place }: Value, schema: z.ZodObject, name: string): Place =>
  isSecret(schema, name) || kind === 'vault' ? { ...place, source: { ...place.source, secret: true } } : place

const messageOf = (issue: z.core.$ZodIssue): string => {
  const path = issue.path
    .map(step => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .slice(1)
  return issue.message.startsWith(path) ? issue.message : `${path}: ${wordingOf(issue)}`
}

/** Schema libraries write "Invalid input: expected number, received string"; an operator needs to know what to write. */
const wordingOf = (issue: Issue): string => {
  switch (issue.code) {
    case 'invalid_type':
      // A schema may define its own message.
      if (!/^Invalid/.test(issue.message)) return issue.message
      return issue.expected === 'int' ? 'must be a whole number' : `must be ${kindIn(issue.expected)}${butIs(issue.message)}`
    case 'invalid_union': {
      const [told] = issue.errors.find(branch => !isAboutType(branch)) ?? issue.errors[0] ?? []
      return told ? wordingOf(told) : issue.message
    }
    case 'invalid_value':
      return `must be ${issue.values.map(value => String(value)).join(' or ')}`
    case 'invalid_format':
      if (issue.format === 'regex') return /^Invalid/.test(issue.message) ? `must match ${issue.pattern}` : issue.message
      return formats[issue.format] ?? issue.message
    case 'too_small':
      return issue.origin === 'string'
        ? `must have at least ${issue.minimum} characters`
        : `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
    case 'unrecognized_keys':
      return `unknown key${issue.keys.length === 1 ? '' : 's'} ${issue.keys.map(key => `'${key}'`).join(', ')}`
    default:
      return issue.message
  }
}

type Issue = z.core.$ZodIssue

/** Whether all issues are about the type: a number where text is required says nothing about the intended text. */
export const isAboutType = (issues: readonly Issue[]): boolean =>
  issues.every(
    issue =>
      (issue.code === 'invalid_type' && issue.expected !== 'int') || (issue.code === 'invalid_union' && issue.errors.every(isAboutType)),
  )

const kinds: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['bigint', 'a whole number beyond 2^53'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
  ['null', 'empty'],
  ['undefined', 'left out'],
])

const kindIn = (name: string) => kinds.get(name) ?? name

const butIs = (message: string): string => {
  const received = /received (\S+)$/.exec(message)?.[1]
  return received === undefined ? '' : `, not ${kindIn(received)}`
}

const formats: Record<string, string> = {
  ipv4: 'must be an IPv4 address, such as 192.168.0.210',
  cidrv4: 'must be an IPv4 address with its prefix length, such as 192.168.0.219/24',
  url: 'must be a URL',
}

const missing = (name: string, host: string, schema: z.ZodObject): string => {
  const description = (schema.shape[name] as z.ZodType | undefined)?.description
  return `${name} is not set for ${host}${description ? ` (${description})` : ''}`
}

/** The settings of a cluster usually belong to the most specific group of the host. */
const whereToSet = (inventory: Inventory, host: string): string => {
  const group = groupsOf(inventory, host).at(-1)?.name ?? 'all'
  const file = inventory.hosts.get(host)?.place.source.file ?? 'the inventory'
  return `set it for the group '${group}' or for ${host} in ${shownPath(file)}, or in host_vars/${host}.yml`
}

const isSecret = (schema: z.ZodObject, name: string) => {
  const field = schema.shape[name] as z.ZodType | undefined
  return field !== undefined && fieldSecret(field)
}
