import { blocksOf } from './frames.ts'

export interface Nic {
  name: string
  mac: string
  up: boolean
  /** CIDR notation: 192.168.0.210/24 */
  addresses: string[]
}

/** What no role can change: a fact is read once a run. */
export interface Facts {
  /** os-release ID and VERSION_ID: `debian` `12` */
  os: string
  version: string
  kernel: string
  arch: string
  machineId: string
  bootId: string
  /** `systemd` or `sysvinit`: what process 1 is. */
  init: string
  root: boolean
  /** What brings the NICs up. */
  network: 'ifupdown' | 'NetworkManager' | 'other'
  nics: Nic[]
}

/** One exec, few forks: a fork costs 15 ms on an emulated machine. */
export const factsScript = `
LC_ALL=C; export LC_ALL; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH
echo "@os"; cat /etc/os-release 2>/dev/null || cat /etc/redhat-release
echo "@kernel"; uname -rm
echo "@machine-id"; cat /etc/machine-id 2>/dev/null || cat /var/lib/dbus/machine-id 2>/dev/null
echo "@boot-id"; cat /proc/sys/kernel/random/boot_id
echo "@init"; if [ -d /run/systemd/system ]; then echo systemd; else echo sysvinit; fi
echo "@uid"; id -u
echo "@network"; if [ -d /run/NetworkManager ]; then echo NetworkManager; elif [ -f /etc/network/interfaces ]; then echo ifupdown; else echo other; fi
echo "@link"; ip -o link
echo "@addr"; ip -o -4 addr
`

const field = (text: string, name: string): string => {
  const line = text.split('\n').find(l => l.startsWith(`${name}=`))
  return line ? line.slice(name.length + 1).replace(/^"|"$/g, '') : ''
}

/** `ip -o link` prints one line an interface: `2: em1: <BROADCAST,UP> mtu 1500 ... link/ether 52:54:.. brd ..` */
const parseLinks = (text: string): Omit<Nic, 'addresses'>[] =>
  text.split('\n').flatMap(line => {
    const match = /^\d+: ([^:@]+)(?:@\S+)?: <([^>]*)>.*?link\/\S+ (\S+)/.exec(line)
    return match ? [{ name: match[1] ?? '', up: (match[2] ?? '').split(',').includes('UP'), mac: match[3] ?? '' }] : []
  })

/** `ip -o -4 addr`: `2: em1    inet 192.168.0.210/24 brd ...` */
const parseAddresses = (text: string): { nic: string; address: string }[] =>
  text.split('\n').flatMap(line => {
    const match = /^\d+: (\S+)\s+inet (\S+)/.exec(line)
    return match ? [{ nic: match[1] ?? '', address: match[2] ?? '' }] : []
  })

/** Pure. Throws when the answer has not the form that `factsScript` prints. */
export const parseFacts = (stdout: string): Facts => {
  const blocks = blocksOf(stdout)
  const os = blocks.os ?? ''
  const addresses = parseAddresses(blocks.addr ?? '')
  const [kernel = '', arch = ''] = (blocks.kernel ?? '').trim().split(' ')
  if (!kernel) throw new Error(`the host did not answer the questions for its facts: ${stdout.slice(0, 200)}`)
  const centos = /^CentOS release (\d+)/m.exec(os)
  return {
    os: centos ? 'centos' : field(os, 'ID'),
    version: centos?.[1] ?? field(os, 'VERSION_ID'),
    kernel,
    arch,
    machineId: (blocks['machine-id'] ?? '').trim(),
    bootId: (blocks['boot-id'] ?? '').trim(),
    init: (blocks.init ?? '').trim(),
    root: (blocks.uid ?? '').trim() === '0',
    network: (blocks.network ?? '').trim() as Facts['network'],
    nics: parseLinks(blocks.link ?? '').map(link => ({
      ...link,
      addresses: addresses.filter(a => a.nic === link.name).map(a => a.address),
    })),
  }
}
