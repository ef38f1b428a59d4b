export interface RouteEntry {
  destination: string
  gateway: string
  mask: string
  /** `UH` is a route to one host, `UG` one through a gateway. */
  flags: string
  nic: string
}

/** Pure: parses `route -n` of net-tools. route(8). */
export const parseRouteTable = (text: string): RouteEntry[] =>
  text.split('\n').flatMap(line => {
    const [destination = '', gateway = '', mask = '', flags = '', , , , nic = ''] = line.trim().split(/\s+/)
    return /^\d+(\.\d+){3}$/.test(destination) && nic !== '' ? [{ destination, gateway, mask, flags, nic }] : []
  })

/** Pure: the NICs and gateways of the host routes to this address. */
export const hostRoutesTo = (address: string, table: RouteEntry[]): string[] =>
  table
    .filter(r => r.destination === address && r.mask === '255.255.255.255')
    .map(r => (r.flags.includes('G') ? `${r.nic} via ${r.gateway}` : r.nic))
