import { file } from '../resources/file.ts'
import type { Resource } from '../resources/resource.ts'
import type { Facts } from './facts.ts'
import type { PinnedRoute } from './platform.ts'

const cases = (routes: PinnedRoute[]): string =>
  routes.map(r => `  ${r.nic}) ip -4 route replace ${r.address}/32 dev ${r.nic} ;;`).join('\n')

/** ifupdown runs this whenever a NIC has come up: at boot and after `ifdown em2; ifup em2`. interfaces(5). */
export const ifupScript = (routes: PinnedRoute[]): string => `#!/bin/sh
# Managed by nfsha-play: the peer's addresses stay on their own links.
case $IFACE in
${cases(routes)}
esac
`

/** NetworkManager's dispatcher calls with the NIC and what happened. NetworkManager-dispatcher(8). */
export const dispatcherScript = (routes: PinnedRoute[]): string => `#!/bin/sh
# Managed by nfsha-play: the peer's addresses stay on their own links.
[ "$2" = up ] || exit 0
case $1 in
${cases(routes)}
esac
`

/** By what brings the NICs up, which is read from the host. */
export const debianRoutes = (routes: PinnedRoute[], { network }: Facts): Resource[] => [
  network === 'NetworkManager'
    ? file('/etc/NetworkManager/dispatcher.d/50-nfsha-routes', { content: dispatcherScript(routes), mode: 0o755 })
    : file('/etc/network/if-up.d/nfsha-routes', { content: ifupScript(routes), mode: 0o755 }),
]
