import * as z from 'zod'
import type { Role } from '../../../roles/role.ts'
import { ClientVars, Vars } from '../../../roles/vars.ts'
import type { OwnRole } from '../../own-roles/load.ts'

/** Schemas of the variables of a play's hosts, including those of the user's own roles. */
export interface Schemas {
  node: typeof Vars
  client: typeof ClientVars
  /** A host in no cluster: the variables of the user's own roles, and `accept_untested_platform`. */
  alone: z.ZodObject
}

const prefixesOf = (schema: z.ZodType): string[] => (schema.meta()?.prefixes as string[] | undefined) ?? []

/** Prefixes of the names of our variables. */
export const ourPrefixes = (): string[] => prefixesOf(Vars)

export const schemasWith = (own: readonly OwnRole[]): Schemas => {
  const fields = Object.assign({}, ...own.map(role => role.fields)) as z.ZodRawShape
  const prefixes = own.map(role => role.prefix)
  const alone = z.object({ ...fields, accept_untested_platform: Vars.shape.accept_untested_platform }).meta({ prefixes })
  if (own.length === 0) return { node: Vars, client: ClientVars, alone }
  return {
    node: Vars.safeExtend(fields).meta({ prefixes: [...ourPrefixes(), ...prefixes] }) as unknown as typeof Vars,
    client: ClientVars.safeExtend(fields).meta({ prefixes: [...prefixesOf(ClientVars), ...prefixes] }) as unknown as typeof ClientVars,
    alone,
  }
}

/** A role of the user's own as the engine plays it. The variables that it declares are among those of the host. */
export const playable = ({ name, summary, steps, handlers }: OwnRole): Role => ({
  name,
  summary,
  steps: context => steps(context),
  ...(handlers && { handlers: context => handlers(context) }),
})
