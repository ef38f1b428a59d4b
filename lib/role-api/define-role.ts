import type * as z from 'zod'
import type { RoleContext } from '../engine/role.ts'
import type { Resource } from '../resources/resource.ts'

/** A user-defined role. Both functions are pure: variables and facts in, resources out. */
export interface RoleDefinition<S extends z.ZodObject = z.ZodObject> {
  /** The name of its directory, `roles/NAME`: lower-case letters, digits and `-`. */
  name: string
  /** What it does, in one line. */
  summary?: string
  /** Its variables, as `z.object({...})`. Their names start with the role's name, with `_` for `-`: `my_role_port`. */
  vars?: S
  steps(context: RoleContext<z.infer<S>>): Resource[]
  /** Resources whose ids the steps name in `notify`: they are checked after all steps, and run only if needed. */
  handlers?(context: RoleContext<z.infer<S>>): Resource[]
}

const definitions = new WeakSet<object>()

/** Declares a role: `export default defineRole({ name, vars, steps, handlers })` in `roles/NAME/role.ts`. */
export const defineRole = <S extends z.ZodObject = z.ZodObject<Record<never, never>>>(definition: RoleDefinition<S>): RoleDefinition<S> => {
  definitions.add(definition)
  return definition
}

/** Whether a value was made by `defineRole`. */
export const isDefinition = (value: unknown): value is RoleDefinition =>
  typeof value === 'object' && value !== null && definitions.has(value)
