import * as z from 'zod'
import { baseVars } from './base/vars.ts'
import { clientVars } from './client/vars.ts'
import { drbdBuildVars, refuseArchives } from './drbd-build/vars.ts'
import { drbdInitVars } from './drbd-init/vars.ts'
import { failoverTestVars } from './failover-test/vars.ts'
import { fenceTestVars } from './fence-test/vars.ts'
import { forcePrimaryVars } from './force-primary/vars.ts'
import { growVars } from './grow/vars.ts'
import { heartbeatVars } from './heartbeat/vars.ts'
import { maintenanceVars } from './maintenance/vars.ts'
import { moveDiskVars } from './move-disk/vars.ts'
import { nfsVars } from './nfs/vars.ts'
import { replaceNodeVars } from './replace-node/vars.ts'
import type { RoleVars } from './role-vars.ts'
import { routesVars } from './routes/vars.ts'
import { serviceVars } from './service/vars.ts'
import { splitBrainVars } from './split-brain/vars.ts'
import { startVars } from './start/vars.ts'
import { switchoverVars } from './switchover/vars.ts'
import { uninstallVars } from './uninstall/vars.ts'
import { upgradeVars } from './upgrade/vars.ts'
import { verifyVars } from './verify/vars.ts'

/**
 * All variables, in one closed namespace: an unknown name with one of these prefixes is an error. Default and description of each are only
 * in the `vars.ts` of its role; the documentation is generated from that.
 */
const fields = z.object({
  ...serviceVars.fields,
  ...baseVars.fields,
  ...routesVars.fields,
  ...heartbeatVars.fields,
  ...drbdBuildVars.fields,
  ...drbdInitVars.fields,
  ...nfsVars.fields,
  ...clientVars.fields,
  ...switchoverVars.fields,
  ...maintenanceVars.fields,
  ...upgradeVars.fields,
  ...splitBrainVars.fields,
  ...startVars.fields,
  ...forcePrimaryVars.fields,
  ...verifyVars.fields,
  ...growVars.fields,
  ...moveDiskVars.fields,
  ...replaceNodeVars.fields,
  ...uninstallVars.fields,
  ...failoverTestVars.fields,
  ...fenceTestVars.fields,
})

/** The variables of each role. `service`: of the pair as a whole. */
export const varsByRole: Record<string, RoleVars<z.ZodRawShape>> = {
  service: serviceVars,
  base: baseVars,
  routes: routesVars,
  heartbeat: heartbeatVars,
  'drbd-build': drbdBuildVars,
  'drbd-init': drbdInitVars,
  nfs: nfsVars,
  client: clientVars,
  switchover: switchoverVars,
  maintenance: maintenanceVars,
  upgrade: upgradeVars,
  'split-brain': splitBrainVars,
  start: startVars,
  'force-primary': forcePrimaryVars,
  verify: verifyVars,
  grow: growVars,
  'move-disk': moveDiskVars,
  'replace-node': replaceNodeVars,
  uninstall: uninstallVars,
  'failover-test': failoverTestVars,
  'fence-test': fenceTestVars,
}

const prefixes = Object.values(varsByRole).flatMap(vars => vars.prefixes)

export const Vars = fields.superRefine(refuseArchives).meta({ prefixes })

export type Vars = z.infer<typeof Vars>

/** Variables that a client in the inventory may set for itself; it gets all others from its cluster. */
export const ClientVars = fields.pick({ client_mount: true, client_options: true }).meta({ prefixes })
