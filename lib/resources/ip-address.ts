export interface Nic {
  name: string
  mac: string
  up: boolean
  /** CIDR notation: 192.168.0.210/24 */
  addresses: string[]
  /** What configures it, if known; undefined for ifupdown or a custom script. */
  manager?: 'NetworkManager' | 'systemd-networkd'
  /** The .network file from which systemd-networkd configured it; netplan writes it below /run. */
  networkFile?: string
}

/**
 * Pure: parses links and addresses printed by ip(8): `ip -o link` followed by `ip -o -4 addr`, or a plain `ip a` without -o. A head line
 * `2: em1: <BROADCAST,UP> ...` starts an interface; `link/ether MAC` and `inet CIDR` belong to it.
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
