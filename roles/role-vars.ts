import type { z } from 'zod'

/** The variables of one role. */
export interface RoleVars<S extends z.ZodRawShape> {
  /** Prefixes of their names. An unknown name with one of these prefixes is an error in any inventory. */
  prefixes: readonly string[]
  fields: S
}

type Named<P extends string, S> = { [K in keyof S]: K extends `${P}${string}` ? S[K] : never }

/** Declares the variables of a role. A name without one of the role's prefixes does not compile: a typo in it could not be detected. */
export const roleVars = <const P extends string, S extends z.ZodRawShape>(
  prefixes: readonly P[],
  fields: S & Named<P, S>,
): RoleVars<S> => ({
  prefixes,
  fields,
})
