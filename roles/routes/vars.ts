import { roleVars } from '../role-vars.ts'

/** It has none: it goes by the addresses of the nodes. */
export const routesVars = roleVars(['routes_'], {})
