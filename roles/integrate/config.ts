import type { Cluster } from '../../lib/engine/role.ts'
import { minorOf } from '../../lib/resources/proc-drbd.ts'
import { vipAddress } from '../role.ts'
import type { Vars } from '../vars.ts'

/** What the resource script reads: plain shell assignments, every value a word that needs no quoting (the variables' types see to it). */
export const settings = (vars: Vars): string => `# Managed by nfsha-play: settings of resource.d/nfsha.
NFSHA_RESOURCE=${vars.drbd_resource}
NFSHA_DEVICE=${vars.drbd_device}
NFSHA_MINOR=${minorOf(vars.drbd_device)}
NFSHA_MOUNT=${vars.nfs_export_path}
NFSHA_VIP=${vipAddress(vars)}
NFSHA_PREFIX=${vars.ha_vip.replace(/.*\//, '')}
NFSHA_NIC=${vars.node_service_nic}
NFSHA_SCOPE=nfsha-${vars.drbd_resource}
NFSHA_TICKLE=/usr/libexec/heartbeat/tickle_tcp
NFSHA_STANDBY=/usr/share/heartbeat/hb_standby
NFSHA_DAMPING=${vars.ha_damping}
`

/** haresources: the preferred node, and what it holds. At stage `vip` the article's own line (III.5). */
export const haresources = (cluster: Cluster<Vars>): string => {
  const [first] = cluster.nodes
  if (!first) throw new Error(`cluster ${cluster.name} has no nodes`)
  const { vars } = first
  const resources = vars.ha_stage === 'vip' ? `IPaddr::${vars.ha_vip}/${vars.node_service_nic}` : 'nfsha'
  return `${vars.node_name} ${resources}\n`
}
