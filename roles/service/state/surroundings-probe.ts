import type { Platform } from '../../../lib/platform/platform.ts'
import { quote } from '../../../lib/resources/quote.ts'
import { vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { backingDisk } from '../drbd/disk.ts'

/** Every address that is pinged to tell a node that has lost the service network. */
export const pingNodes = (vars: Pick<Vars, 'heartbeat_ping'>): string[] => vars.heartbeat_ping

/** Shell that prints `ADDRESS dead` for each that is silent. heartbeat knows a group of several by the group's name alone, so those are asked here. */
const pingReading = (nodes: string[]): string =>
  nodes.length === 1
    ? `echo "${nodes[0]} $(cl_status nodestatus ${nodes[0]} 2>/dev/null)"`
    : `for a in ${nodes.join(' ')}; do if ping -n -q -c 2 -i 0.3 -W 1 $a >/dev/null 2>&1; then echo "$a ping"; else echo "$a dead"; fi; done`

/**
 * Reads what stands around the service on one node: the watch, ping nodes, whoever else answers for the virtual IP, what would take the backing disk at
 * the next boot, and what restarts services or the machine by itself. arping(8) of iputils listens for one second, for there may be a second answer.
 */
export const surroundingsScript = (vars: Vars, { paths }: Platform): string => {
  const { node_service_nic: nic } = vars
  const vip = vipAddress(vars)
  const disk = quote(backingDisk(vars))
  return `r=$(if command -v arping >/dev/null 2>&1; then
  d=; ip -o -4 addr show | grep -q ' inet ${vip}/' && d=-D
  arping $d -w 1 -I ${nic} ${vip} 2>/dev/null | sed -n 's/.*reply from [^[]*\\[\\([0-9A-Fa-f:]*\\)\\].*/\\1/p' | sort -u
fi)
echo "@answers"; printf '%s\\n' "$r"; echo "@mac"; show /sys/class/net/${nic}/address
echo "@pings"; ${pingReading(pingNodes(vars))}
echo "@watch"; w=; k=; n=; { read -r w < /run/nfsha/watch || read -r w < /run/nfsha.watch; read -r k < /run/nfsha/tick; read -r n < "/proc/$w/comm"; } 2>/dev/null; read -r u _ < /proc/uptime; echo "\${w:--} \${n:--} \${k:--} $u"; [ -e ${paths.haDir}/nfsha-watch.conf ] && echo wanted
echo "@claims"; for f in /etc/fstab /etc/crypttab; do [ -r $f ] && sed 's/#.*//; s,^,'$f' ,' $f; done; grep -HE '^What=' /etc/systemd/system/*.mount /etc/systemd/system/*.swap /run/systemd/transient/*.mount 2>/dev/null | sed 's/:What=/ /'
grep -HE '^[[:space:]]*(ARRAY|DEVICE) .*/dev/' /etc/mdadm/mdadm.conf /etc/mdadm.conf 2>/dev/null | sed 's/:/ /; s/devices=//; s/,/ /g'
echo "@named"; stat -Lc '%t:%T %n' ${disk} ${vars.drbd_device} /dev/disk/by-*/* /dev/mapper/* $(cat /etc/fstab /etc/crypttab /etc/mdadm/mdadm.conf /etc/mdadm.conf 2>/dev/null | tr ' ,=\\t' '\\n' | grep '^/dev/[^*]*$' | sort -u) 2>/dev/null
echo "@superblock"; dd if=${disk} iflag=direct bs=4096 count=1 2>/dev/null | od -An -v -tx1 -j1080 -N80 | tr -d ' \\n'; echo
echo "@held"; b=$(readlink -f ${disk}); ls "/sys/class/block/\${b##*/}/holders" 2>/dev/null; grep "^$b " /proc/mounts /proc/swaps
echo "@automatic"; cat /etc/apt/apt.conf.d/* 2>/dev/null | grep -E '^[[:space:]]*(Unattended-Upgrade::Automatic-Reboot|APT::Periodic::Unattended-Upgrade)[[:space:]]'; [ -e /usr/bin/unattended-upgrade ] && echo unattended-upgrades; [ -e /usr/sbin/needrestart ] && cat /etc/needrestart/needrestart.conf /etc/needrestart/conf.d/*.conf 2>/dev/null | grep -E '^[[:space:]]*.nrconf.restart.'
echo "@clients"; grep -hE '^(address|name):' /proc/fs/nfsd/clients/*/info 2>/dev/null`
}
