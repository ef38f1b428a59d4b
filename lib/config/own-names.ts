import type { z } from 'zod'
import { ConfigError, type Place, placeName } from './error.ts'
import type { Entry, Variables } from './value.ts'

/** Variables of ours that the runner itself reads. */
export const runnerVariables = ['nfsha_example', 'nfsha_ssh_legacy'] as const
const runnerPrefix = 'nfsha_'

/**
 * Prefixes of our variables: an unknown name with such a prefix is a mistake, all others belong to the user. A schema declares its prefixes
 * as metadata; without any they are derived from its own names.
 */
export const prefixesOf = (schema: z.ZodObject): string[] => {
  const declared = schema.meta()?.prefixes as readonly string[] | undefined
  return [runnerPrefix, ...(declared ?? Object.keys(schema.shape).map(name => name.slice(0, name.indexOf('_') + 1)))]
}

/** Whether a name has one of our prefixes. */
export const isOurs = (name: string, schema: z.ZodObject): boolean =>
  prefixesOf(schema).some(prefix => prefix !== '' && name.startsWith(prefix))

/** Names of variables in the previous version, each with its current name: metadata `formerly` of their fields. */
export const formerNames = (schema: z.ZodObject): Map<string, string> => {
  const renamed = Object.entries(schema.shape).flatMap(([name, field]) => {
    const former = (field as z.ZodType).meta()?.formerly
    return typeof former === 'string' ? [[former, name] as const] : []
  })
  return new Map(renamed)
}

interface Renamed {
  given: Variables
  warnings: string[]
  errors: ConfigError[]
}

/**
 * Variables under their current names. A variable given under both its old and its new name is an error: which value is meant is not
 * guessed.
 */
export const withNewNames = (variables: Variables, schema: z.ZodObject): Renamed => {
  const renamed: Renamed = { given: new Map(variables), warnings: [], errors: [] }
  for (const [former, name] of formerNames(schema)) {
    const entry = variables.get(former)
    if (!entry) continue
    renamed.given.delete(former)
    if (variables.has(name))
      renamed.errors.push(new ConfigError(`'${former}' is an old name of '${name}', which is also given`, hidden(entry)))
    else renamed.given.set(name, entry)
    renamed.warnings.push(`${placeName(entry.at)}: '${former}' is now '${name}'; the old name works in this version only`)
  }
  return renamed
}

/** The value of a variable may be a secret: its line is not shown. */
const hidden = ({ at }: Entry): Place => ({ ...at, source: { ...at.source, secret: true } })
