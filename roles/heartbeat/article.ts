import type { Cluster, Platform } from '../../lib/role-api/index.ts'
import { firstOf } from '../role.ts'
import type { Vars } from '../vars.ts'
import { pingLine } from './config.ts'
import { stonithLine } from './fencing.ts'
import { watchdogLine } from './watchdog.ts'

/**
 * ha.cf of the reference setup (article, III.2a), including its commented-out lines: one link, and a returning node takes the service back.
 */
export const articleHaCf = (cluster: Cluster<Vars>, platform: Platform): string => {
  const { vars } = firstOf(cluster)
  return `debugfile /var/log/ha-debug
logfile /var/log/ha-log
logfacility local0
keepalive ${vars.heartbeat_keepalive}
deadtime ${vars.heartbeat_deadtime}
warntime ${vars.heartbeat_warntime}
#initdead 120
udpport ${vars.heartbeat_udpport}
#bcast ${vars.node_heartbeat_nic}
mcast ${vars.node_heartbeat_nic} ${vars.heartbeat_mcast} ${vars.heartbeat_udpport} 1 0
auto_failback ${vars.heartbeat_auto_failback ? 'on' : 'off'}
respawn hacluster ${platform.paths.heartbeatLibexec}/ipfail
${watchdogLine(vars)}${stonithLine(cluster, platform)}${cluster.nodes.map(n => `node ${n.vars.node_name}`).join('\n')}
${pingLine(vars)}
`
}

/**
 * authkeys of the reference setup (article, III.2b): only a checksum, so anyone with access to the link can impersonate a node.
 * heartbeat_secret is not used.
 */
export const articleAuthkeys = (): string => `auth 1
1 crc
#2 sha1 HI!
#3 md5 Hello!
`
