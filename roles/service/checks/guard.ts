import type { Resource } from '../../../lib/role-api/index.ts'
import { assertion, present } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { inUse } from './in-use.ts'

/** Check only; present only if the platform cannot run the stack of the inventory. */
const stackRefused = ({ vars, platform }: Context): Resource[] => {
  if (platform.stacks.includes(vars.ha_stack)) return []
  const problem = `${platform.name} runs ha_stack: ${platform.stacks.join(' or ')}, not ${vars.ha_stack}: ${platform.stackReason}`
  const probe = { sh: ':', parse: () => present(true) }
  return [{ ...assertion(`stack ${vars.ha_stack}`, { probe, problems: () => [problem] }), shared: true }]
}

/**
 * Prevents the installation or upgrade of a package from starting, stopping or restarting the cluster's services. Every role that installs
 * any of them uses this.
 */
export const clusterGuard = (context: Context): Resource[] => [
  ...stackRefused(context),
  inUse(context),
  ...context.platform.guard([
    context.platform.services.heartbeat,
    ...context.platform.nfsUnits.map(unit => unit.replace(/\.service$/, '')),
    'nfs-kernel-server',
    'nfs-mountd',
    'nfs-idmapd',
    // New in Debian 13, so guarded on 12 before the upgrade.
    'fsidd',
    'rpc-statd',
    'rpcbind',
    'drbd',
    'logd',
    'pacemaker',
    'corosync',
  ]),
]
