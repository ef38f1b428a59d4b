import { roleVars } from '../role-vars.ts'

/** None: the role uses the addresses of the nodes. */
export const routesVars = roleVars(['routes_'], {})
