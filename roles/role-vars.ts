import type { z } from 'zod'

/** The variables of one role. */
export interface RoleVars<S extends z.ZodRawShape> {
  /** What their names begin with: an unknown name with one of these is an error in any inventory. */
  prefixes: readonly string[]
  fields: S
}

type Named<P extends string, S> = { [K in keyof S]: K extends `${P}${string}` ? S[K] : never }

/** Declares the variables of a role. A name that begins with none of the role's prefixes does not compile: it would be nobody's when it is mistyped. */
export const roleVars = <const P extends string, S extends z.ZodRawShape>(
  prefixes: readonly P[],
  fields: S & Named<P, S>,
): RoleVars<S> => ({
  prefixes,
  fields,
})
