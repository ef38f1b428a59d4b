import type { Platform } from '../../lib/platform/platform.ts'
import { minorOf } from '../../lib/resources/proc-drbd.ts'
import { packagedScript } from '../packaged.ts'
import { vipAddress } from '../role.ts'
import type { Vars } from '../vars.ts'

/** Where DRBD finds the handler: the resource's file names it, and is the same on both nodes. */
export const fencePeerPath = '/usr/local/lib/nfsha/fence-peer'

/** The handler with this node's settings. drbd-peer-outdater asks the peer by heartbeat's dopd. */
export const fencePeer = (vars: Vars, platform: Platform): string =>
  packagedScript('roles/drbd-init/files/fence-peer', {
    minor: minorOf(vars.drbd_device),
    ping: vars.heartbeat_ping,
    vip: vipAddress(vars),
    nic: vars.node_service_nic,
    outdater: `${platform.paths.heartbeatLibexec}/drbd-peer-outdater`,
  })
