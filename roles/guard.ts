import type { Platform } from '../lib/platform/platform.ts'
import { serviceGuard } from '../lib/resources/service-guard.ts'

/** No installation or upgrade of a package starts, stops or restarts what the cluster runs. Every role that installs any of it asks for this. */
export const clusterGuard = (platform: Platform) =>
  serviceGuard([
    platform.services.heartbeat,
    ...platform.nfsUnits.map(unit => unit.replace(/\.service$/, '')),
    'nfs-kernel-server',
    'nfs-mountd',
    'nfs-idmapd',
    'rpc-statd',
    'rpcbind',
    'drbd',
    'logd',
    'pacemaker',
    'corosync',
  ])
