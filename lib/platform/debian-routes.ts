import { basename } from 'node:path/posix'
import { hostAssertion } from '../resources/assertion.ts'
import { file } from '../resources/file.ts'
import type { Nic } from '../resources/ip-address.ts'
import { probeOf } from '../resources/probe.ts'
import { present } from '../resources/reading.ts'
import type { HostAssertion, HostResource, Resource } from '../resources/resource.ts'
import { simple } from '../resources/source.ts'
import { differsBy, inSync, refused } from '../resources/verdict.ts'
import type { Facts } from './facts.ts'
import type { PinnedRoute } from './platform.ts'

const cases = (routes: PinnedRoute[]): string =>
  routes.map(r => `  ${r.nic}) ip -4 route replace ${r.address}/32 dev ${r.nic} ;;`).join('\n')

/** ifupdown runs this whenever a NIC comes up: at boot and after `ifdown em2; ifup em2`. interfaces(5). */
export const ifupScript = (routes: PinnedRoute[]): string => `#!/bin/sh
# Managed by nfsha-play: the peer's addresses stay on their own links.
case $IFACE in
${cases(routes)}
esac
`

/** NetworkManager's dispatcher passes the NIC and the event. NetworkManager-dispatcher(8). */
export const dispatcherScript = (routes: PinnedRoute[]): string => `#!/bin/sh
# Managed by nfsha-play: the peer's addresses stay on their own links.
[ "$2" = up ] || exit 0
case $1 in
${cases(routes)}
esac
`

/**
 * A drop-in for the .network file from which systemd-networkd configured the NIC (systemd.network(5)), including netplan's files in /run.
 * A route without Scope= and Gateway= has link scope.
 */
export const networkdDropIn = (routes: PinnedRoute[]): string => `# Managed by nfsha-play: the peer's addresses stay on their own links.
${routes.map(({ address }) => `[Route]\nDestination=${address}/32`).join('\n')}
`

/**
 * systemd-networkd marks its routes `static`; a route from `ip route add` would be lost when the NIC goes down and up. The unit is reloaded
 * because networkctl(1) needs a system bus, which a minimal system does not have.
 */
const networkdHasIt = ({ address, nic }: PinnedRoute): HostResource<string> => ({
  scope: 'host',
  id: `systemd-networkd keeps ${address} on ${nic}`,
  invalidates: 'host',
  probe: probeOf([simple(`ip -4 route show exact ${address}/32 proto static`)], ({ stdout }) =>
    present(/\bdev (\S+)/.exec(stdout)?.[1] ?? ''),
  ),
  compare(actual) {
    const from = actual.kind === 'present' ? actual.state : ''
    return from === nic ? inSync : differsBy([{ attribute: 'route of systemd-networkd', from, to: nic }])
  },
  async apply($) {
    await $`systemctl reload systemd-networkd.service`
  },
  settle: 10_000,
})

/** A file shared by several NICs would give each NIC the routes of all. */
const sharedFile = (networkFile: string, nics: string[]): HostAssertion<true> =>
  hostAssertion(`one .network file for each NIC: ${networkFile}`, {
    probe: probeOf([''], () => present(true)),
    compare: () =>
      refused(
        `${nics.join(' and ')} are configured from one file, ${networkFile}: a route there would be on all of them. Give each a .network file of its own ([Match] Name=)`,
      ),
  })

const byNetworkd = (networkFile: string, routes: PinnedRoute[], nics: Nic[]): Resource[] => {
  const sharing = nics.filter(n => n.networkFile === networkFile).map(n => n.name)
  if (sharing.length > 1) return [sharedFile(networkFile, sharing)]
  return [
    file(`/etc/systemd/network/${basename(networkFile)}.d/nfsha-routes.conf`, { content: networkdDropIn(routes) }),
    ...routes.map(networkdHasIt),
  ]
}

/** Makes the routes persistent with whatever manages each NIC, as read from the host. */
export const debianRoutes = (routes: PinnedRoute[], { nics }: Facts): Resource[] => {
  const nicOf = ({ nic }: PinnedRoute) => nics.find(n => n.name === nic)
  const by = (manager: Nic['manager']) => routes.filter(route => nicOf(route)?.manager === manager)
  const [scripted, dispatched, kept] = [by(undefined), by('NetworkManager'), by('systemd-networkd')]
  const networkFiles = new Set(kept.map(route => nicOf(route)?.networkFile ?? ''))
  return [
    ...(scripted.length > 0 ? [file('/etc/network/if-up.d/nfsha-routes', { content: ifupScript(scripted), mode: 0o755 })] : []),
    ...(dispatched.length > 0
      ? [file('/etc/NetworkManager/dispatcher.d/50-nfsha-routes', { content: dispatcherScript(dispatched), mode: 0o755 })]
      : []),
    ...[...networkFiles].flatMap(path =>
      byNetworkd(
        path,
        kept.filter(route => nicOf(route)?.networkFile === path),
        nics,
      ),
    ),
  ]
}
