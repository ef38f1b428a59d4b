import { base } from './base/role.ts'
import { client } from './client/role.ts'
import { drbdBuild } from './drbd-build/role.ts'
import { drbdInit } from './drbd-init/role.ts'
import { failoverTest } from './failover-test/role.ts'
import { fenceTest } from './fence-test/role.ts'
import { forcePrimary } from './force-primary/role.ts'
import { grow } from './grow/role.ts'
import { heartbeat } from './heartbeat/role.ts'
import { integrate } from './integrate/role.ts'
import { maintenance } from './maintenance/role.ts'
import { moveDisk } from './move-disk/role.ts'
import { nfs } from './nfs/role.ts'
import { rejoin } from './rejoin/role.ts'
import { replaceNode } from './replace-node/role.ts'
import type { Role } from './role.ts'
import { routes } from './routes/role.ts'
import { splitBrain } from './split-brain/role.ts'
import { start } from './start/role.ts'
import { status } from './status/role.ts'
import { switchover } from './switchover/role.ts'
import { uninstall } from './uninstall/role.ts'
import { upgrade } from './upgrade/role.ts'
import { verify } from './verify/role.ts'

/** The roles that build the cluster, in the order of the site play. Each can be played by its name. */
export const siteRoles: Role[] = [base, routes, heartbeat, drbdBuild, drbdInit, nfs, integrate, client]

/** The roles for operating a cluster. Each belongs to the playbook of the same name. */
const operatingRoles: Role[] = [
  status,
  switchover,
  maintenance,
  upgrade,
  splitBrain,
  start,
  forcePrimary,
  verify,
  grow,
  moveDisk,
  replaceNode,
  rejoin,
  failoverTest,
  fenceTest,
  // It undoes what these roles did to a node.
  uninstall(siteRoles.filter(role => role !== client)),
]

export const roles: Role[] = [...siteRoles, ...operatingRoles]
