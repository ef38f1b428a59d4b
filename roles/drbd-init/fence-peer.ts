import type { Platform } from '../../lib/role-api/index.ts'
import { minorOf, packagedScript } from '../../lib/role-api/index.ts'
import { vipAddress } from '../role.ts'
import type { Vars } from '../vars.ts'

/** Path of DRBD's handler. The resource file names it and is the same on both nodes. */
export const fencePeerPath = '/usr/local/lib/nfsha/fence-peer'

/** Script that reboots a node and reports the reason after the boot. Called by the handler, by the resource script and at boot. */
export const resetNodePath = '/usr/local/lib/nfsha/reset-node'

export const resetNode = (): string => packagedScript('roles/drbd-init/files/reset-node', {})

/** The handler with this node's settings. drbd-peer-outdater asks the peer through heartbeat's dopd. */
export const fencePeer = (vars: Vars, platform: Platform): string =>
  packagedScript('roles/drbd-init/files/fence-peer', {
    minor: minorOf(vars.drbd_device),
    pings: `'${vars.heartbeat_ping.join(' ')}'`,
    without_ping: vars.heartbeat_without_ping,
    vip: vipAddress(vars),
    nic: vars.node_service_nic,
    own: vars.node_service_ip,
    outdater: `${platform.paths.heartbeatLibexec}/drbd-peer-outdater`,
  })
