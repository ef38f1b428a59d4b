export interface RouteEntry {
  destination: string
  gateway: string
  mask: string
  /** `UH` is a route to one host, `UG` one through a gateway. */
  flags: string
  nic: string
}

/** Pure: the table that `route -n` of net-tools prints. route(8). */
export const parseRouteTable = (text: string): RouteEntry[] =>
  text.split('\n').flatMap(line => {
    const [destination = '', gateway = '', mask = '', flags = '', , , , nic = ''] = line.trim().split(/\s+/)
    return /^\d+(\.\d+){3}$/.test(destination) && nic !== '' ? [{ destination, gateway, mask, flags, nic }] : []
  })

/** Pure: by which NICs, and through which gateways, this one address is routed of its own. */
export const hostRoutesTo = (address: string, table: RouteEntry[]): string[] =>
  table
    .filter(r => r.destination === address && r.mask === '255.255.255.255')
    .map(r => (r.flags.includes('G') ? `${r.nic} via ${r.gateway}` : r.nic))
