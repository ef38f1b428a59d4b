import { base } from './base/role.ts'
import { client } from './client/role.ts'
import { drbdBuild } from './drbd-build/role.ts'
import { drbdInit } from './drbd-init/role.ts'
import { heartbeat } from './heartbeat/role.ts'
import { integrate } from './integrate/role.ts'
import { nfs } from './nfs/role.ts'
import type { Role } from './role.ts'
import { routes } from './routes/role.ts'
import { status } from './status/role.ts'

/** Every role there is, in the order of the site. */
export const roles: Role[] = [base, routes, heartbeat, drbdBuild, drbdInit, nfs, integrate, client, status]
