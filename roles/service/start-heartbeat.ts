import type { ClusterNodes } from '../../lib/resources/resource.ts'
import type { Context } from '../role.ts'

/** Starts heartbeat on these nodes, one after the other. Throws when a node's service manager says that it did not start. */
export const startHeartbeatOn = async (nodes: ClusterNodes, hosts: string[], { platform }: Pick<Context, 'platform'>): Promise<void> => {
  for (const host of hosts) await nodes.on(host).$`${platform.commands.start(platform.services.heartbeat)}`
}
