import type { Platform } from '../../../lib/role-api/index.ts'
import { quote } from '../../../lib/role-api/index.ts'
import { vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { backingDisk } from '../drbd/disk.ts'

/** The addresses that are pinged to detect that a node has lost the service network. */
export const pingNodes = (vars: Pick<Vars, 'heartbeat_ping'>): string[] => vars.heartbeat_ping

/** Shell that prints `ADDRESS dead` for each silent ping node. heartbeat knows several only as a group, so those are pinged here. */
const pingReading = (nodes: string[]): string =>
  nodes.length === 1
    ? `echo "${nodes[0]} $(cl_status nodestatus ${nodes[0]} 2>/dev/null)"`
    : `for a in ${nodes.join(' ')}; do if ping -n -q -c 2 -i 0.3 -W 1 $a >/dev/null 2>&1; then echo "$a ping"; else echo "$a dead"; fi; done`

/** Maximum number of client names printed per address: a machine has one or two, but a hostile one can have any number. */
const mostNames = 20

/**
 * Shell that prints the address and the name of each client of nfsd, from its files. Every address is printed, but only the first 300
 * characters of a name, enough to recognise duplicates (nfs_client_id4 is up to 1024 bytes long): a client that registers thousands of
 * names must not keep the node from being read.
 */
export const clientsScript = (directory: string): string =>
  `find ${directory} -name info -exec grep -hE '^(address|name):' {} + 2>/dev/null | awk '
/^address:/ { a = $0; ip = $0; sub(/:[0-9]*"$/, "", ip); if (!(ip in n)) { n[ip] = 0; print a } }
/^name:/ { w = substr($0, 1, 300); k = ip SUBSEP w; if (n[ip] < ${mostNames} && !(k in seen)) { seen[k]; n[ip]++; print a; print w } }'`

/**
 * Reads conditions around the service on one node: the watch, ping nodes, other machines that answer for the virtual IP, what would use the
 * backing disk at the next boot, and what restarts services or the machine automatically. `$a` holds this node's addresses. arping(8) of
 * iputils listens for one second, because there may be a second reply.
 */
export const surroundingsScript = (vars: Vars, { paths }: Platform): string => {
  const { node_service_nic: nic } = vars
  const vip = vipAddress(vars)
  const disk = quote(backingDisk(vars))
  return `r=; if command -v arping >/dev/null 2>&1; then
  case $a in *' inet ${vip}/'*) d=-D ;; *) d= ;; esac
  r=$(arping $d -w 1 -I ${nic} ${vip} 2>/dev/null)
fi
echo "@answers"; set -f; for w in $r; do case $w in '['*:*:*:*:*:*']') w=\${w#?}; echo "\${w%?}" ;; esac; done; set +f
echo "@mac"; show /sys/class/net/${nic}/address
echo "@pings"; ${pingReading(pingNodes(vars))}
echo "@watch"; w=; k=; n=; { read -r w < /run/nfsha/watch || read -r w < /run/nfsha.watch; read -r k < /run/nfsha/tick; read -r n < "/proc/$w/comm"; } 2>/dev/null; read -r u _ < /proc/uptime; echo "\${w:--} \${n:--} \${k:--} $u"; [ -e ${paths.haDir}/nfsha-watch.conf ] && echo wanted
echo "@claims"; for f in /etc/fstab /etc/crypttab; do [ ! -r $f ] || while IFS= read -r l || [ -n "$l" ]; do printf '%s %s\\n' $f "\${l%%#*}"; done < $f; done
for f in /etc/systemd/system/*.mount /etc/systemd/system/*.swap /run/systemd/transient/*.mount; do [ ! -r "$f" ] || while IFS= read -r l || [ -n "$l" ]; do case $l in What=*) printf '%s %s\\n' "$f" "\${l#What=}" ;; esac; done < "$f"; done
for f in /etc/mdadm/mdadm.conf /etc/mdadm.conf; do [ ! -r $f ] || while read -r w l || [ -n "$w" ]; do case "$w $l" in 'ARRAY '*/dev/*|'DEVICE '*/dev/*) printf '%s %s %s\\n' $f "$w" "$l" ;; esac; done < $f; done
echo "@named"; set -f; set --; IFS=' ,=\t'; for f in /etc/fstab /etc/crypttab /etc/mdadm/mdadm.conf /etc/mdadm.conf; do [ ! -r $f ] || while IFS= read -r l || [ -n "$l" ]; do for w in $l; do case $w in *'*'*) ;; /dev/*) set -- "$@" "$w" ;; esac; done; done < $f; done; unset IFS; set +f
stat -Lc '%t:%T %n' ${disk} ${vars.drbd_device} /dev/disk/by-*/* /dev/mapper/* "$@" 2>/dev/null
echo "@held"; b=$(readlink -f ${disk}); for h in "/sys/class/block/\${b##*/}/holders/"*; do [ ! -e "$h" ] || echo "\${h##*/}"; done
for f in /proc/mounts /proc/swaps; do [ ! -r $f ] || while read -r d l; do [ "$d" != "$b" ] || printf '%s:%s %s\\n' $f "$d" "$l"; done < $f; done
echo "@automatic"; grep -hsE '^[[:space:]]*(Unattended-Upgrade::Automatic-Reboot|APT::Periodic::Unattended-Upgrade)[[:space:]]' /etc/apt/apt.conf.d/*; [ -e /usr/bin/unattended-upgrade ] && echo unattended-upgrades; [ -e /usr/sbin/needrestart ] && grep -hsE '^[[:space:]]*.nrconf.restart.' /etc/needrestart/needrestart.conf /etc/needrestart/conf.d/*.conf
echo "@clients"; ${clientsScript('/proc/fs/nfsd/clients')}`
}
