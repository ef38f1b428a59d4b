import { file } from '../../lib/resources/file.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { hostRoute, oneHop } from '../../lib/resources/route.ts'
import type { Context, Role } from '../role.ts'
import { peerOf } from '../role.ts'

interface PinnedRoute {
  address: string
  nic: string
}

/** ifupdown runs this whenever a NIC has come up: at boot and after `ifdown em2; ifup em2`. interfaces(5). */
export const ifupScript = (routes: PinnedRoute[]): string => `#!/bin/sh
# Managed by nfsha-play: the peer's addresses stay on their own links.
case $IFACE in
${routes.map(r => `  ${r.nic}) ip -4 route replace ${r.address}/32 dev ${r.nic} ;;`).join('\n')}
esac
`

/** NetworkManager's dispatcher calls with the NIC and what happened. NetworkManager-dispatcher(8). */
export const dispatcherScript = (routes: PinnedRoute[]): string => `#!/bin/sh
# Managed by nfsha-play: the peer's addresses stay on their own links.
[ "$2" = up ] || exit 0
case $1 in
${routes.map(r => `  ${r.nic}) ip -4 route replace ${r.address}/32 dev ${r.nic} ;;`).join('\n')}
esac
`

const steps = (context: Context): Resource[] => {
  const { vars, facts } = context
  const peer = peerOf(context)
  const routes = [
    { address: peer.vars.node_heartbeat_ip, nic: vars.node_heartbeat_nic },
    { address: peer.vars.node_drbd_ip, nic: vars.node_drbd_nic },
  ]
  const persistent =
    facts.network === 'NetworkManager'
      ? file('/etc/NetworkManager/dispatcher.d/50-nfsha-routes', { content: dispatcherScript(routes), mode: 0o755 })
      : file('/etc/network/if-up.d/nfsha-routes', { content: ifupScript(routes), mode: 0o755 })
  return [persistent, ...routes.map(r => hostRoute(r.address, r.nic)), ...routes.map(r => oneHop(r.address, r.nic))]
}

export const routes: Role = { name: 'routes', summary: "the peer's heartbeat and replication addresses stay on their own links", steps }
