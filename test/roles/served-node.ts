import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Connection } from '../../lib/ssh/connection.ts'
import { countForks } from '../forks.ts'

/**
 * A simulated active node, made of files and of programs that return at once, so that the processes of its probes can be counted on any
 * machine. Scripts run here; the node's files are in a directory, including its /proc and /sys.
 */
export interface ServedNode {
  connection: Connection
  /** Number of processes that the scripts have started so far. */
  forks(): number
  /** Number of scripts so far. */
  execs(): number
  write(path: string, content: string): void
  remove(): void
}

const owned = [
  ...['/etc/', '/run/', '/var/lib/', '/var/run/', '/sys/', '/boot/', '/usr/sbin/policy-rc.d', '/usr/local/lib/nfsha/'],
  ...['/proc/fs/', '/proc/drbd', '/proc/mounts', '/proc/net/', '/proc/swaps', '/proc/uptime'],
  ...['/proc/$', '/proc/[0-9]'],
]
const ownedPaths = new RegExp(`(?<![\\w}])(?:${owned.map(path => path.replace(/[.[$]/g, '\\$&')).join('|')})`, 'g')

/** A process as in /proc. */
const running = (pid: number, name: string, ...words: string[]): Record<string, string> => ({
  [`/proc/${pid}/comm`]: `${name}\n`,
  [`/proc/${pid}/cmdline`]: words.map(word => `${word}\0`).join(''),
  [`/proc/${pid}/stat`]: `${pid} (${name}) S 1 ${pid} ${pid} 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 20000 1 1\n`,
  [`/proc/${pid}/fd/0`]: '',
})

const files: Record<string, string> = {
  '/proc/drbd': `version: 8.4.11 (api:1/proto:86-101)
 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
    ns:0 nr:0 dw:0 dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0
`,
  '/proc/mounts': `/dev/vda1 / ext4 rw,relatime 0 0
/dev/drbd0 /data ext4 rw,nodev,nosuid,relatime 0 0
/dev/loop0 /run/nfsha/state ext4 rw,nodev,nosuid 0 0
`,
  '/proc/uptime': '5000.00 9000.00\n',
  '/proc/swaps': 'Filename Type Size Used Priority\n',
  '/proc/net/tcp': '  sl  local_address rem_address   st\n',
  '/proc/net/tcp6': '  sl  local_address rem_address   st\n',
  '/proc/fs/nfsd/threads': '8\n',
  '/proc/fs/nfsd/versions': '-3 +4 +4.1 +4.2\n',
  '/proc/fs/nfsd/nfsv4leasetime': '10\n',
  '/proc/fs/nfsd/nfsv4gracetime': '10\n',
  '/proc/fs/nfsd/clients/1/info': 'clientid: 0x1\naddress: "192.168.0.50:900"\nname: "Linux NFSv4.2 C1"\n',
  ...running(4711, 'heartbeat', 'heartbeat: master control process'),
  ...running(4712, 'nfsdcld', '/usr/sbin/nfsdcld', '-s', '/run/nfsha/state/nfsdcld'),
  ...running(4713, 'rpc.mountd', '/usr/sbin/rpc.mountd', '--state-directory-path', '/run/nfsha/nfs'),
  ...running(4714, 'nfsha-watch', 'sh', '/etc/ha.d/resource.d/nfsha', 'watch'),
  '/var/run/heartbeat.pid': '4711\n',
  '/run/rpc_pipefs/nfsd/cld': '',
  '/run/nfsha/nfs/etab': '/data\t192.168.0.0/24(rw,sync,root_squash,no_subtree_check,fsid=7)\n',
  '/run/nfsha/watch': '4714\n',
  '/run/nfsha/tick': '4999\n',
  '/sys/module/drbd/version': '8.4.11\n',
  '/sys/module/nfsd/refcnt': '1\n',
  '/sys/class/net/em1/carrier': '1\n',
  '/sys/class/net/em1/address': 'b8:ca:3a:f1:00:2f\n',
  '/sys/class/net/em2/carrier': '1\n',
  '/sys/class/net/em3/carrier': '1\n',
  '/var/lib/nfsha-play/served': 'full\n',
  '/etc/hostname': 'M1.redhat.sx\n',
  '/etc/hosts': '127.0.0.1 localhost\n',
  '/etc/fstab': '/dev/vda1 / ext4 defaults 0 1\n',
  '/etc/os-release': 'ID=debian\nVERSION_ID="13"\n',
  '/etc/network/interfaces': 'iface em1 inet static\n  address 192.168.0.210/24\n',
  '/etc/apt/apt.conf.d/20auto-upgrades': 'APT::Periodic::Unattended-Upgrade "0";\n',
}

const addresses = [
  'em1    inet 192.168.0.210/24',
  'em1    inet 192.168.0.219/24',
  'em2    inet 172.16.0.210/24',
  'em3    inet 172.16.100.210/24',
]

/** Programs that precede this machine's own in the node's PATH. Built-in commands only, so that each counts as one process. */
const programs: Record<string, string> = {
  cl_status: `case $1 in rscstatus) echo all ;; listhblinks) printf '%s\\n' em2 em3 ;; hblinkstatus) echo up ;; nodestatus) echo ping ;; esac`,
  drbdsetup: `case $1 in show) printf '%s\\n' 'resource drbd {' '}' ;; esac`,
  drbdadm: `case $1 in --version) echo DRBDADM_VERSION=9.29.0 ;; get-gi) echo 'A:B:C:D:1:1:0:1:0:0:0' ;; esac`,
  ip: `case $* in
*addr*) printf '%s\\n' ${addresses.map((line, i) => `'${i + 1}: ${line} scope global'`).join(' ')} ;;
*'route show'*) printf '%s\\n' '172.16.0.211 dev em2 scope link' '172.16.100.211 dev em3 scope link' ;;
*'route get'*) echo "$4 dev em2 src 172.16.0.210" ;;
esac`,
  'dpkg-query': `f=$3; shift 3; for p; do case $f in *Status*) echo "$p hold installed 1.0" ;; *) echo "$p 1.0" ;; esac; done`,
  systemctl: `case $1 in is-active) echo active; exit ;; esac; s=; w=; for a; do shift; case $a in show) ;; -p) w=1 ;; --value) ;; *) if [ -n "$w" ]; then w=; else
set -- "$@" "$a"; fi ;; esac; done; for u; do [ -z "$s" ] || echo; s=1; printf '%s\\n' LoadState=loaded ActiveState=active UnitFileState=enabled NeedDaemonReload=no; done`,
  lsattr: `echo "----i---------e------- $2"`,
  blockdev: 'echo 335544320',
  dd: 'printf %02000d 0',
  nft: ':',
  ping: ':',
  arping: 'echo "Unicast reply from 192.168.0.219 [B8:CA:3A:F1:00:2F]  1.000ms"',
  exportfs: `echo '/data 192.168.0.0/24(rw,sync)'`,
  perl: `case $1 in -e) echo 'is nfsha-drbd' ;; *) printf '%s\\n' 'device /dev/vdb' 'size 335544320' 'not held DRBD has it' ;; esac`,
  nfsdcld: ':',
  'rpc.nfsd': ':',
}

/** Creates the node. */
export const servedNode = (): ServedNode => {
  const root = mkdtempSync(join(tmpdir(), 'nfsha-node-'))
  const put = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  for (const [path, content] of Object.entries(files)) put(join(root, path), content)
  for (const [name, script] of Object.entries(programs)) {
    put(join(root, 'bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(root, 'bin', name), 0o755)
  }
  let [forks, execs] = [0, 0]
  const run: Connection['run'] = async (script, { onStdout, onStderr } = {}) => {
    const here = script.replaceAll(ownedPaths, found => `${root}${found}`).replaceAll('PATH=/', `PATH=${root}/bin:/`)
    const counted = countForks(here)
    forks += counted.forks
    execs++
    onStdout?.(counted.stdout)
    onStderr?.(counted.stderr)
    return counted
  }
  return {
    connection: { host: 'M1', run } as Connection,
    forks: () => forks,
    execs: () => execs,
    write: (path, content) => put(join(root, path), content),
    remove: () => rmSync(root, { recursive: true }),
  }
}
