import type { Resource } from '../../../lib/role-api/index.ts'
import { assertion, present } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { inUse } from './in-use.ts'

/** Judges only, and is asked only where the platform cannot run the stack that the inventory asks for. */
const stackRefused = ({ vars, platform }: Context): Resource[] => {
  if (platform.stacks.includes(vars.ha_stack)) return []
  const problem = `${platform.name} runs ha_stack: ${platform.stacks.join(' or ')}, not ${vars.ha_stack}: ${platform.stackReason}`
  const probe = { sh: ':', parse: () => present(true) }
  return [{ ...assertion(`stack ${vars.ha_stack}`, { probe, problems: () => [problem] }), shared: true }]
}

/** No installation or upgrade of a package starts, stops or restarts what the cluster runs. Every role that installs any of it asks for this. */
export const clusterGuard = (context: Context): Resource[] => [
  ...stackRefused(context),
  inUse(context),
  ...context.platform.guard([
    context.platform.services.heartbeat,
    ...context.platform.nfsUnits.map(unit => unit.replace(/\.service$/, '')),
    'nfs-kernel-server',
    'nfs-mountd',
    'nfs-idmapd',
    // Debian 13 has it: on 12 before the upgrade.
    'fsidd',
    'rpc-statd',
    'rpcbind',
    'drbd',
    'logd',
    'pacemaker',
    'corosync',
  ]),
]
