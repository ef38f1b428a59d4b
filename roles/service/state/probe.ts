import type { Platform, Source } from '../../../lib/role-api/index.ts'
import { drbdState, minorOf, shell } from '../../../lib/role-api/index.ts'
import { vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { backingDisk } from '../drbd/disk.ts'
import { drbdConfigDir } from '../drbd/tools.ts'
import { nfsDaemons } from '../nfs/daemons.ts'
import { exportTable, stateDirectory } from '../nfs/exports.ts'
import { scopeScript } from '../nfs/scope.ts'
import { maintenanceMarker, servedMarker, volumeHoldersPath } from '../paths.ts'
import { showFile } from '../read-file.ts'
import { superblockOn } from '../sources.ts'
import { daemonPid, daemonPieces } from './daemon.ts'
import { lostScript } from './lost.ts'
import { surroundingsScript } from './surroundings-probe.ts'

const nicsOf = (vars: Vars): string[] => [vars.node_service_nic, vars.node_heartbeat_nic, vars.node_drbd_nic]

/** Configuration that must be the same on both nodes, declared by a role or not. */
const sameFiles = (vars: Vars, platform: Platform): string[] => [
  '/etc/drbd.conf',
  `${drbdConfigDir({ vars, platform })}/*`,
  '/etc/exports',
  '/etc/exports.d/*',
  '/etc/nfs.conf',
  '/etc/nfs.conf.d/*',
  '/etc/idmapd.conf',
  ...['ha.cf', 'authkeys', 'haresources', 'resource.d/nfsha', 'resource.d/nfsd'].map(f => `${platform.paths.haDir}/${f}`),
]

/** The packages of the service. */
const servingPackages = ({ packages }: Platform): string[] => [...packages.heartbeat, ...packages.drbd, ...packages.nfsServer]

/**
 * The pieces of the service probe: sources that other roles also read, which a play reads once for all, and a script. The script is last
 * because it may hang.
 */
export const servicePieces = (vars: Vars, platform: Platform, peerName: string): (string | Source)[] => [
  ...['@daemon\n', ...daemonPieces(platform)],
  ...['@daemons\n', nfsDaemons({ sockets: vars.ha_stack === 'lean' })],
  ...['@superblock\n', superblockOn(backingDisk(vars))],
  ...['@packages\n', platform.commands.versions(servingPackages(platform))],
  shell(serviceScript(vars, platform, peerName)),
]

/**
 * Few forks: one costs 15 ms on an emulated machine. Numbers below /proc/sys still need cat: dash reads byte by byte, and the kernel
 * returns only the first byte (fs/proc/proc_sysctl.c, proc_dointvec).
 */
const serviceScript = (vars: Vars, platform: Platform, peerName: string): string => {
  const { drbd_device: device, nfs_export_path: path } = vars
  return `${showFile}
echo "@lock"; show /run/nfsha-play/holder && { read -r h < /run/nfsha-play/holder; [ -d "/proc/$h" ] && show /run/nfsha-play/owner; }
echo "@maintenance"; [ -e ${maintenanceMarker} ] && { echo "marked"; show ${maintenanceMarker}; }
echo "@heartbeat"; ${platform.commands.isActive(platform.services.heartbeat)}
echo "@rsc"; cl_status rscstatus 2>/dev/null
echo "@links"; for l in $(cl_status listhblinks ${peerName} 2>/dev/null); do echo "$l $(cl_status hblinkstatus ${peerName} $l 2>/dev/null)"; done
echo "@carrier"; for n in ${nicsOf(vars).join(' ')}; do c=0; { read -r c < /sys/class/net/$n/carrier; } 2>/dev/null; echo "$n \${c:-0}"; done
echo "@addr"; a=$(ip -o -4 addr show); printf '%s\\n' "$a"
echo "@drbd"; ${drbdState}
echo "@mount"; m='' i='' s=''; while IFS= read -r l; do
  case $l in '${device} ${path} '*) m=${path}; printf '%s\\n' "$l" ;; esac
  case $l in '${device} '*) i=yes ;; esac
  case $l in *' ${stateDirectory} '*) s="$s$l
" ;; esac
done < /proc/mounts
echo "@state"; printf %s "$s"; kept=\${s:+${stateDirectory}}
echo "@holders"; if [ -x ${volumeHoldersPath} ] && [ -n "$i" ]; then timeout -s KILL 15 ${volumeHoldersPath} list 2>/dev/null; fi
echo "@fs-errors"; show /sys/fs/ext4/${device.replace(/.*\//, '')}/errors_count
echo "@stop-failed"; [ -s /run/nfsha/stop-failed ] && echo yes
echo "@nfsd"; t=0; { read -r t < /proc/fs/nfsd/threads; } 2>/dev/null; echo "\${t:-0}"
if [ "\${t:-0}" -gt 0 ]; then
  echo "@versions"; show /proc/fs/nfsd/versions
  echo "@times"; show /proc/fs/nfsd/nfsv4leasetime; show /proc/fs/nfsd/nfsv4gracetime
  # This pipe exists while nfsd uses nfsdcld; it is gone if nfsd has fallen back to another way of tracking its clients.
  echo "@tracking"; [ -e /run/rpc_pipefs/nfsd/cld ] && echo nfsdcld
${vars.nfs_v3 ? '  echo "@lockd"; cat /proc/sys/fs/nfs/nlm_grace_period /proc/sys/fs/nfs/nlm_tcpport /proc/sys/fs/nfs/nlm_udpport 2>/dev/null\n' : ''}  echo "@scope"; ${scopeScript(vipAddress(vars))}
fi
echo "@exports"; ${exportTable}
echo "@export-files"; for f in /etc/exports /etc/exports.d/*.exports; do show "$f"; done
echo "@served"; show ${servedMarker}
echo "@lost"; ${daemonPid}
${lostScript(platform)}
echo "@space"; df -P / /var /tmp /run $m $kept; echo "@inodes"; df -Pi / /var /tmp /run $m $kept
echo "@interfaces"; for f in /etc/network/interfaces /etc/network/interfaces.d/*; do show "$f"; done
echo "@fstab"; show /etc/fstab
${surroundingsScript(vars, platform)}
echo "@sums"; sha256sum ${sameFiles(vars, platform).join(' ')} 2>/dev/null
echo "@system"; i='' v='' c=''; { while IFS= read -r l || [ -n "$l" ]; do case $l in ID=*) i=\${l#ID=} ;; VERSION_ID=*) v=\${l#*=} ;; VERSION_CODENAME=*) c=\${l#*=} ;; esac; done < /etc/os-release; } 2>/dev/null; v=\${v:-$c}
case $i in [!0-9A-Za-z]*) i=\${i#?}; i=\${i%?} ;; esac; case $v in [!0-9A-Za-z]*) v=\${v#?}; v=\${v%?} ;; esac; echo "$i $v"
echo "@minor"; echo ${minorOf(device)}`
}
