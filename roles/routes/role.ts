import type { Resource } from '../../lib/role-api/index.ts'
import { oneHop } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { peerOf } from '../role.ts'
import { inUse } from '../service/checks/in-use.ts'

const steps = (context: Context): Resource[] => {
  const { vars, facts, platform } = context
  const peer = peerOf(context)
  const routes = [
    { address: peer.vars.node_heartbeat_ip, nic: vars.node_heartbeat_nic },
    { address: peer.vars.node_drbd_ip, nic: vars.node_drbd_nic },
  ]
  return [
    inUse(context),
    ...platform.persistentRoutes(routes, facts),
    ...routes.map(platform.hostRoute),
    ...routes.map(r => oneHop(r.address, r.nic)),
  ]
}

export const routes: Role = { name: 'routes', summary: "the peer's heartbeat and replication addresses stay on their own links", steps }
