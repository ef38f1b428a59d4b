import type { z } from 'zod'
import { knownSecrets } from '../text/secrets.ts'
import { ConfigError, configErrorsOf, type Place, placeName, throwAll } from './error.ts'
import { type HostError, hostErrors } from './host-errors.ts'
import type { Inventory } from './model.ts'
import { isOurs, runnerVariables, withNewNames } from './own-names.ts'
import { type OuterVariables, variablesOf } from './precedence.ts'
import { plainScalar } from './scalar.ts'
import { fieldSecret, isAboutType, issueError, shownPlace } from './schema-issue.ts'
import { isSecretName } from './secret-lines.ts'
import { closest, didYouMean } from './suggest.ts'
import { type Entry, type Revealed, reveal, type Variables } from './value.ts'

export interface ResolveOptions<S extends z.ZodObject> extends OuterVariables {
  schema: S
  /** Names of ours that are not in this schema: those of roles that do not concern this host. */
  knownNames?: readonly string[]
}

export interface ResolvedVars<S extends z.ZodObject> {
  values: z.infer<S>
  /** Plain text of all secrets among the values, for masking. */
  secrets: string[]
  /** Where each value comes from: `file:line:column`, `-e`, or `default`. */
  origins: Record<string, string>
}

/** The result of validating a host's variables: usable values, and all errors in the others. */
export interface JudgedVars<S extends z.ZodObject> {
  /** The values that are valid by themselves; complete when there are no errors. */
  values: Partial<z.infer<S>>
  errors: HostError[]
  /** Old names in use, each with its place. */
  warnings: string[]
  secrets: string[]
  /** Where each value comes from: `file:line:column`, `-e`, or `default`. */
  origins: Record<string, string>
  /** The place of the first of these variables that is given, for errors. */
  place(names: readonly string[]): Place | undefined
}

/** A host's variables as the schema requires them. Throws all mistakes at once, each at its place. */
export const resolveVars = <S extends z.ZodObject>(inventory: Inventory, host: string, options: ResolveOptions<S>): ResolvedVars<S> => {
  const { errors, values, secrets, origins } = judgeVars(inventory, host, options)
  throwAll(hostErrors(errors))
  return { values: values as z.infer<S>, secrets, origins }
}

/** Validates a host's variables one by one: an error in one of them does not hide errors in others. */
export const judgeVars = <S extends z.ZodObject>(inventory: Inventory, host: string, options: ResolveOptions<S>): JudgedVars<S> => {
  const { schema, knownNames = [] } = options
  const { given, warnings, errors: doubled } = withNewNames(variablesOf(inventory, host, options), schema)
  const errors: HostError[] = [...doubled, ...unknownNames(given, schema, knownNames)].map(error => ({ host, error }))
  const broken: ConfigError[] = []
  const { input, secrets } = readInput(inventory, given, schema, broken)
  errors.push(...broken.map(error => ({ host, error })))
  for (const secret of secrets) knownSecrets.add(secret)
  const result = schema.safeParse(input)
  const unread = new Set(Object.keys(schema.shape).filter(name => given.has(name) && !(name in input)))
  for (const issue of result.error?.issues ?? [])
    if (!unread.has(String(issue.path[0]))) errors.push(issueError(issue, { inventory, host, given, schema }))
  return {
    values: result.success && errors.length === 0 ? (result.data as z.infer<S>) : validOnes(schema, input, unread),
    errors,
    warnings,
    secrets: [...new Set(secrets)].filter(secret => secret !== ''),
    origins: originsOf(given, schema),
    place: names => placeOf(names, given, schema),
  }
}

/** The values that are valid by themselves, including defaults. */
const validOnes = <S extends z.ZodObject>(schema: S, input: Record<string, unknown>, unread: Set<string>): Partial<z.infer<S>> => {
  const parsed = Object.entries(schema.shape).flatMap(([name, field]) => {
    const result = unread.has(name) ? undefined : (field as z.ZodType).safeParse(input[name])
    return result?.success ? [[name, result.data] as const] : []
  })
  return Object.fromEntries(parsed) as Partial<z.infer<S>>
}

const placeOf = (names: readonly string[], given: Variables, schema: z.ZodObject): Place | undefined => {
  const name = names.find(n => given.has(n))
  const entry = name === undefined ? undefined : given.get(name)
  return entry && name !== undefined ? shownPlace(entry.value, schema, name) : undefined
}

/** Errors for unknown names with our prefixes. */
const unknownNames = (given: Variables, schema: z.ZodObject, knownNames: readonly string[]): ConfigError[] => {
  const known = [...Object.keys(schema.shape), ...knownNames, ...runnerVariables]
  const names = [...given].filter(([name]) => isOurs(name, schema) && !known.includes(name))
  return names.map(([name, { at }]) => {
    const hint = didYouMean(name, known) ?? 'names with this prefix belong to nfsha-play'
    // The value of a misspelt secret is secret too: its line is not shown.
    const place = closest(name, known.filter(isSecretName)) ? { ...at, source: { ...at.source, secret: true } } : at
    return new ConfigError(`unknown variable '${name}'`, place, hint)
  })
}

interface Input {
  input: Record<string, unknown>
  secrets: string[]
}

const readInput = (inventory: Inventory, given: Variables, schema: z.ZodObject, errors: ConfigError[]): Input => {
  const read: Input = { input: {}, secrets: [] }
  for (const [name, field] of Object.entries(schema.shape)) {
    const entry = given.get(name)
    if (!entry) continue
    try {
      const { value, secrets } = readField(entry, field as z.ZodType, inventory)
      read.input[name] = value
      read.secrets.push(...secrets, ...(fieldSecret(field as z.ZodType) ? textsOf(value) : []))
    } catch (error) {
      errors.push(...configErrorsOf(error))
    }
  }
  return read
}

/**
 * INI files and `-e key=value` have only text. Where the schema refuses the text, the value is read as YAML: `5`, `yes`. If that is refused
 * too, by a rule and not by its type, the error shows the rule: `nfs_lease=5` must be at least 10, as in JSON.
 */
const readField = ({ value }: Entry, field: z.ZodType, inventory: Inventory): Revealed => {
  const revealed = reveal(value, inventory.vault)
  if (value.kind !== 'scalar' || !value.untyped || field.safeParse(revealed.value).success) return revealed
  const other = typeof value.value === 'string' ? plainScalar(value.value) : String(value.value)
  const { error } = field.safeParse(other)
  return error && isAboutType(error.issues) ? revealed : { ...revealed, value: other }
}

const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : []
}

const originsOf = (given: Variables, schema: z.ZodObject): Record<string, string> => {
  const originOf = (entry: Entry | undefined) => (entry ? placeName(entry.value.place) : 'default')
  return Object.fromEntries(Object.keys(schema.shape).map(name => [name, originOf(given.get(name))]))
}

/** The value of one variable of a host, or undefined. Only this variable is decrypted and must be free of templates. */
export const readVariable = (inventory: Inventory, host: string, name: string, outer: OuterVariables = {}): unknown => {
  const entry = variablesOf(inventory, host, outer).get(name)
  return entry && reveal(entry.value, inventory.vault).value
}
