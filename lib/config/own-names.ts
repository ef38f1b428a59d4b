import type { z } from 'zod'
import { ConfigError, type Place, placeName } from './error.ts'
import type { Entry, Variables } from './value.ts'

/** Our variables that the runner itself reads. */
export const runnerVariables = ['nfsha_example', 'nfsha_ssh_legacy'] as const
const runnerPrefix = 'nfsha_'

/**
 * What begins like a variable of ours: a name of that kind that we do not know is a mistake, all others belong to somebody else. A schema declares its prefixes
 * as metadata; without any it closes those of its own names.
 */
export const prefixesOf = (schema: z.ZodObject): string[] => {
  const declared = schema.meta()?.prefixes as readonly string[] | undefined
  return [runnerPrefix, ...(declared ?? Object.keys(schema.shape).map(name => name.slice(0, name.indexOf('_') + 1)))]
}

/** Whether a name is one of ours, or would have to be. */
export const isOurs = (name: string, schema: z.ZodObject): boolean =>
  prefixesOf(schema).some(prefix => prefix !== '' && name.startsWith(prefix))

/** The names that variables had in the version before, each with the name that it has now: metadata `formerly` of their fields. */
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

/** Variables under the names that they have now. Which of two values is meant is not guessed: the old name beside the new one is an error. */
export const withNewNames = (variables: Variables, schema: z.ZodObject): Renamed => {
  const renamed: Renamed = { given: new Map(variables), warnings: [], errors: [] }
  for (const [former, name] of formerNames(schema)) {
    const entry = variables.get(former)
    if (!entry) continue
    renamed.given.delete(former)
    if (variables.has(name))
      renamed.errors.push(new ConfigError(`'${former}' is an old name of '${name}', which is given too`, hidden(entry)))
    else renamed.given.set(name, entry)
    renamed.warnings.push(`${placeName(entry.at)}: '${former}' is now '${name}'; the old name works in this version only`)
  }
  return renamed
}

/** The value of an option may say more than its name: its line is not shown. */
const hidden = ({ at }: Entry): Place => ({ ...at, source: { ...at.source, secret: true } })
