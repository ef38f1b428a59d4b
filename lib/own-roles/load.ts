import { readFileSync } from 'node:fs'
import type * as z from 'zod'
import { ConfigError, type Place, throwAll } from '../config/error.ts'
import { isDefinition, type RoleDefinition } from '../role-api/define-role.ts'
import * as api from '../role-api/package-entry.ts'
import { apiKey, compileRole, placeIn } from './compile.ts'
import { prefixOf } from './prefix.ts'

/** A validated user-defined role, which can be played with the built-in ones. */
export interface OwnRole {
  name: string
  summary: string
  file: string
  /** The prefix of its variables. */
  prefix: string
  fields: z.ZodRawShape
  steps: RoleDefinition['steps']
  handlers?: RoleDefinition['handlers']
}

export interface LoadOptions {
  cwd: string
  /** Names and variable prefixes of the built-in roles. */
  taken: { roles: readonly string[]; prefixes: readonly string[] }
}

/** Loads the roles with these names. @throws ConfigErrors with all errors, each with its file and line */
export const loadOwnRoles = async (
  names: readonly string[],
  files: ReadonlyMap<string, string[]>,
  options: LoadOptions,
): Promise<OwnRole[]> => {
  const errors: ConfigError[] = []
  const roles: OwnRole[] = []
  for (const name of names) {
    const [file, other] = files.get(name) ?? []
    if (file === undefined) continue
    try {
      if (options.taken.roles.includes(name))
        throw new ConfigError(`two roles are named '${name}': this one and nfsha-play's own`, placeIn(file, 1, 1, options.cwd))
      if (other !== undefined)
        throw new ConfigError(`two roles are named '${name}': the other one is ${other}`, placeIn(file, 1, 1, options.cwd))
      roles.push(await loadOwnRole(name, file, options))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      errors.push(error)
    }
  }
  throwAll(errors)
  return roles
}

const loadOwnRole = async (name: string, file: string, { cwd, taken }: LoadOptions): Promise<OwnRole> => {
  const code = await compileRole(file, Object.keys(api), cwd)
  const at = (pattern: RegExp) => placeOf(pattern, file, cwd)
  ;(globalThis as Record<symbol, unknown>)[Symbol.for(apiKey)] = api
  // Stack traces of the role name the lines of its source files.
  process.setSourceMapsEnabled(true)
  let exported: { default?: unknown }
  try {
    exported = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
  } catch (error) {
    throw new ConfigError(
      `the role cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      thrownAt(error, file, cwd) ?? at(/./),
    )
  }
  const definition = exported.default
  if (!isDefinition(definition))
    throw new ConfigError(
      'the default export of a role must be the result of defineRole',
      at(/^export\b/),
      'export default defineRole({ name, vars, steps, handlers })',
    )
  if (definition.name !== name) throw new ConfigError(`the role is named '${definition.name}', but its directory '${name}'`, at(/\bname:/))
  if (typeof definition.steps !== 'function') throw new ConfigError("a role needs the function 'steps'", at(/\bsteps\b/))
  const prefix = prefixOf(name)
  const clash = taken.prefixes.find(ours => prefix.startsWith(ours) || ours.startsWith(prefix))
  if (clash !== undefined)
    throw new ConfigError(
      `variables that begin with '${clash}' belong to nfsha-play, but those of this role begin with '${prefix}'`,
      at(/\bname:/),
      'give the role another name',
    )
  const fields = fieldsOf(definition, prefix, at)
  const { summary = '', steps, handlers } = definition
  return { name, summary, file, prefix, fields, steps, ...(handlers && { handlers }) }
}

const fieldsOf = ({ vars, name }: RoleDefinition, prefix: string, at: (pattern: RegExp) => Place): z.ZodRawShape => {
  if (vars === undefined) return {}
  if (typeof vars !== 'object' || vars.def?.type !== 'object')
    throw new ConfigError("'vars' of a role must be z.object({ ... })", at(/\bvars:/))
  if ((vars.def.checks ?? []).length > 0) throw new ConfigError("checks belong to the fields of 'vars', not to the object", at(/\bvars:/))
  const foreign = Object.keys(vars.shape).find(field => !field.startsWith(prefix))
  if (foreign !== undefined)
    throw new ConfigError(`variable '${foreign}' of role '${name}' must begin with '${prefix}'`, at(new RegExp(`\\b${foreign}\\b`)))
  return vars.shape
}

/** The first matching line, otherwise the first line. */
const placeOf = (pattern: RegExp, file: string, cwd: string): Place => {
  const lines = readFileSync(file, 'utf8').split('\n')
  const line = lines.findIndex(text => pattern.test(text))
  const column = (lines[line] ?? '').search(pattern)
  return placeIn(file, Math.max(line, 0) + 1, Math.max(column, 0) + 1, cwd)
}

/** The position of the role's file in the stack trace of an error. */
export const thrownAt = (error: unknown, file: string, cwd: string): Place | undefined => {
  const trace = error instanceof Error ? (error.stack ?? '') : ''
  const found = /\/role\.ts:(\d+):(\d+)/.exec(trace)
  return found ? placeIn(file, Number(found[1]), Number(found[2]), cwd) : undefined
}
