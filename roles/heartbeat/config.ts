import type { Cluster, Platform } from '../../lib/role-api/index.ts'
import { firstOf } from '../role.ts'
import type { Vars } from '../vars.ts'
import { dopdLine } from './consent.ts'
import { stonithLine } from './fencing.ts'
import { watchdogLine } from './watchdog.ts'

/** A group is up as long as one of its members answers, so a single failed member does not move the service (ipfail counts groups). */
export const pingLine = ({ heartbeat_ping: nodes }: Pick<Vars, 'heartbeat_ping'>): string =>
  nodes.length === 1 ? `ping ${nodes[0]}` : `ping_group nfsha ${nodes.join(' ')}`

/**
 * ha.cf(5), the same on both nodes: a node ignores a `ucast` line with its own address, so both nodes' addresses are listed. Three
 * independent links, and the ping node with which ipfail detects that a node has lost the service network.
 */
export const haCf = (cluster: Cluster<Vars>, platform: Platform): string => {
  const { vars } = firstOf(cluster)
  return `# Managed by nfsha-play.
logfacility local0
keepalive ${vars.heartbeat_keepalive}
warntime ${vars.heartbeat_warntime}
deadtime ${vars.heartbeat_deadtime}
initdead ${vars.heartbeat_initdead}
udpport ${vars.heartbeat_udpport}
mcast ${vars.node_heartbeat_nic} ${vars.heartbeat_mcast} ${vars.heartbeat_udpport} 1 0
${cluster.nodes.map(n => `ucast ${n.vars.node_drbd_nic} ${n.vars.node_drbd_ip}`).join('\n')}
${cluster.nodes.map(n => `ucast ${n.vars.node_service_nic} ${n.vars.node_service_ip}`).join('\n')}
auto_failback ${vars.heartbeat_auto_failback ? 'on' : 'off'}
${watchdogLine(vars)}${stonithLine(cluster, platform)}${cluster.nodes.map(n => `node ${n.vars.node_name}`).join('\n')}
${pingLine(vars)}
respawn hacluster ${platform.paths.heartbeatLibexec}/ipfail
apiauth dopd uid=root,hacluster
${dopdLine(platform)}
respawn root ${platform.paths.haDir}/resource.d/nfsha watch
crm off
`
}

/** authkeys(5). crc, as in the reference setup, would not authenticate anything. */
export const keysFile = (vars: Vars): string => `auth 1\n1 sha1 ${vars.heartbeat_secret}\n`
