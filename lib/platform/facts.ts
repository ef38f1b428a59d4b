import { blocksOf } from '../resources/blocks.ts'
import { type Nic, parseNics } from '../resources/ip-address.ts'

/** Properties of a host that no role changes: they are read once per run. */
export interface Facts {
  /** os-release(5): ID and VERSION_ID, `debian` `12`. Debian testing has no number yet, so its code name is used: `forky`. */
  os: string
  version: string
  kernel: string
  /** All bootable kernels, including the running one. */
  kernels: string[]
  arch: string
  machineId: string
  bootId: string
  /** The init system: `systemd`, `sysvinit` (the scripts in /etc/init.d by run level) or `other`. */
  init: string
  root: boolean
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
echo "@managed"; for f in /run/systemd/netif/links/[0-9]* /run/NetworkManager/devices/[0-9]*; do
  { while IFS= read -r l; do case $l in ADMIN_STATE=*|NETWORK_FILE=*|managed=*) echo "\${f##*/} $l" ;; esac; done <$f; } 2>/dev/null
done
echo "@link"; ip -o link
echo "@addr"; ip -o -4 addr
`

const field = (text: string, name: string): string => {
  const line = text.split('\n').find(l => l.startsWith(`${name}=`))
  return line ? line.slice(name.length + 1).replace(/^"|"$/g, '') : ''
}

/**
 * Pure: what manages a NIC, from the state files of both managers, which are named by the kernel's index of the NIC: `3 managed=true`
 * (NetworkManager), `3 ADMIN_STATE=configured` (systemd-networkd; `unmanaged` means that others manage it).
 */
const managerOf = (nic: string, { link = '', managed = '' }: Record<string, string>): Pick<Nic, 'manager' | 'networkFile'> => {
  const index = /^\d+/.exec(link.split('\n').find(line => line.split(/[:@] ?/)[1] === nic) ?? '')?.[0]
  const said = managed.split('\n').filter(line => line.startsWith(`${index} `))
  const value = (name: string) => said.find(line => line.startsWith(`${index} ${name}=`))?.split('=')[1]
  if (value('managed') === 'true') return { manager: 'NetworkManager' }
  const file = value('NETWORK_FILE')
  return file && /^configur/.test(value('ADMIN_STATE') ?? '') ? { manager: 'systemd-networkd', networkFile: file } : {}
}

/** Pure: parses the output of `factsScript`. @throws Error when it has another format */
export const parseFacts = (stdout: string): Facts => {
  const blocks = blocksOf(stdout)
  const os = blocks.os ?? ''
  const [kernel = '', arch = ''] = (blocks.kernel ?? '').trim().split(' ')
  if (!kernel) throw new Error(`cannot read the facts of the host: ${stdout.slice(0, 200)}`)
  const centos = /^CentOS release (\d+)/m.exec(os)
  return {
    os: centos ? 'centos' : field(os, 'ID'),
    version: centos?.[1] ?? (field(os, 'VERSION_ID') || field(os, 'VERSION_CODENAME')),
    kernel,
    kernels: [...new Set([kernel, ...(blocks.kernels ?? '').split('\n').filter(k => k !== '')])],
    arch,
    machineId: (blocks['machine-id'] ?? '').trim(),
    bootId: (blocks['boot-id'] ?? '').trim(),
    init: (blocks.init ?? '').trim(),
    root: (blocks.uid ?? '').trim() === '0',
    nics: parseNics(`${blocks.link ?? ''}\n${blocks.addr ?? ''}`).map(nic => ({ ...nic, ...managerOf(nic.name, blocks) })),
  }
}
