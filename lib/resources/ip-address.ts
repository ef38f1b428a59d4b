export interface Nic {
  name: string
  mac: string
  up: boolean
  /** CIDR notation: 192.168.0.210/24 */
  addresses: string[]
  /** What brings it up, where that is known to be neither ifupdown nor a script of somebody's own. */
  manager?: 'NetworkManager' | 'systemd-networkd'
  /** The .network file that systemd-networkd has configured it from; netplan writes it below /run. */
  networkFile?: string
}

/**
 * Pure: what ip(8) prints of links and addresses, in any of its forms: `ip -o link` and `ip -o -4 addr` one after the other, or `ip a` without -o as
 * an operator types it. A head line `2: em1: <BROADCAST,UP> ...` opens an interface; `link/ether MAC` and `inet CIDR` belong to it.
 */
export const parseNics = (text: string): Nic[] => {
  const nics = new Map<string, Nic>()
  let current: Nic | undefined
  for (const line of text.replaceAll(/\\\s+/g, '\n').split('\n')) {
    const head = /^\d+: ([^:@\s]+)(?:@\S+)?: <([^>]*)>/.exec(line)
    const named = /^\d+: (\S+)\s+inet /.exec(line)
    if (head) {
      const [, name = '', flags = ''] = head
      current = { name, mac: '', up: flags.split(',').includes('UP'), addresses: [] }
      nics.set(name, current)
    }
    if (named) current = nics.get(named[1] ?? '')
    if (!current) continue
    current.mac = /\blink\/\S+ (\S+)/.exec(line)?.[1] ?? current.mac
    const address = /\binet (\S+)/.exec(line)?.[1]
    if (address) current.addresses.push(address)
  }
  return [...nics.values()]
}
