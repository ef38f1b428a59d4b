import { blocksOf } from '../resources/blocks.ts'
import { type Nic, parseNics } from '../resources/ip-address.ts'

/** What no role can change: a fact is read once a run. */
export interface Facts {
  /** os-release ID and VERSION_ID: `debian` `12` */
  os: string
  version: string
  kernel: string
  /** All that could be booted, the running one too. */
  kernels: string[]
  arch: string
  machineId: string
  bootId: string
  /** Who starts services: `systemd`, `sysvinit` (the scripts of /etc/init.d by run level) or `other`. */
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
echo "@kernels"; for k in /boot/vmlinuz-*; do [ -d "/lib/modules/\${k#/boot/vmlinuz-}" ] && echo "\${k#/boot/vmlinuz-}"; done
echo "@machine-id"; cat /etc/machine-id 2>/dev/null || cat /var/lib/dbus/machine-id 2>/dev/null
echo "@boot-id"; cat /proc/sys/kernel/random/boot_id
echo "@init"; one=; { read -r one < /proc/1/comm; } 2>/dev/null
if [ -d /run/systemd/system ]; then echo systemd; elif [ -e /run/openrc/softlevel ]; then echo other; else case $one in runit*|s6-*|dinit|openrc-init) echo other ;; *) echo sysvinit ;; esac; fi
echo "@uid"; id -u
echo "@network"; if [ -d /run/NetworkManager ]; then echo NetworkManager; elif [ -f /etc/network/interfaces ]; then echo ifupdown; else echo other; fi
echo "@link"; ip -o link
echo "@addr"; ip -o -4 addr
`

const field = (text: string, name: string): string => {
  const line = text.split('\n').find(l => l.startsWith(`${name}=`))
  return line ? line.slice(name.length + 1).replace(/^"|"$/g, '') : ''
}

/** Pure. Throws when the answer has not the form that `factsScript` prints. */
export const parseFacts = (stdout: string): Facts => {
  const blocks = blocksOf(stdout)
  const os = blocks.os ?? ''
  const [kernel = '', arch = ''] = (blocks.kernel ?? '').trim().split(' ')
  if (!kernel) throw new Error(`the host did not answer the questions for its facts: ${stdout.slice(0, 200)}`)
  const centos = /^CentOS release (\d+)/m.exec(os)
  return {
    os: centos ? 'centos' : field(os, 'ID'),
    version: centos?.[1] ?? field(os, 'VERSION_ID'),
    kernel,
    kernels: [...new Set([kernel, ...(blocks.kernels ?? '').split('\n').filter(k => k !== '')])],
    arch,
    machineId: (blocks['machine-id'] ?? '').trim(),
    bootId: (blocks['boot-id'] ?? '').trim(),
    init: (blocks.init ?? '').trim(),
    root: (blocks.uid ?? '').trim() === '0',
    network: (blocks.network ?? '').trim() as Facts['network'],
    nics: parseNics(`${blocks.link ?? ''}\n${blocks.addr ?? ''}`),
  }
}
