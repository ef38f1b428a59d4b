import type { Step } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'

/** Starts heartbeat on these nodes, one after the other. Throws when a node's service manager reports that it did not start. */
export const startHeartbeatStep = (hosts: readonly string[], { platform }: Pick<Context, 'platform'>): Step => ({
  name: `start heartbeat on ${hosts.join(' and ')}`,
  settle: 120_000,
  changes: hosts.map(host => ({ attribute: `heartbeat on ${host}`, from: 'stopped', to: 'running' })),
  async run(nodes) {
    for (const host of hosts) await nodes.on(host).$`${platform.commands.start(platform.services.heartbeat)}`
  },
})
