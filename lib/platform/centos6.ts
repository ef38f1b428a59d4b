import { lineInFile } from '../resources/edit.ts'
import { file } from '../resources/file.ts'
import { hostName, sysconfigNetwork } from '../resources/host-name.ts'
import { netToolsRoute } from '../resources/net-tools-route.ts'
import { ntpServers } from '../resources/ntp.ts'
import type { Resource } from '../resources/resource.ts'
import { simple } from '../resources/source.ts'
import { chkconfig, sysvService } from '../resources/sysv-service.ts'
import { rpmPackages, yumRepositories } from '../resources/yum.ts'
import type { NfsPorts, PinnedRoute, Platform } from './platform.ts'
import { type SysvFlavour, sysvAtBoot, sysvCommands } from './sysv.ts'

/** chkconfig(8): run levels, start priority and stop priority: after the network (10), before heartbeat (75). */
export const centosInit: SysvFlavour = {
  levels: chkconfig,
  header: ({ description }) => `# chkconfig: 2345 70 08\n# description: ${description}`,
  locks: '/var/lock/subsys',
}

/** The article's line (II.3). Its `tail` output shows `dev em1`, a mistake: the echo above it uses em2. */
export const rcLocalLine = ({ address, nic }: PinnedRoute): string => `/sbin/route add -host ${address} dev ${nic}`

/** Read by the NFS init scripts, which set lockd's ports with sysctl. The package's file has each setting commented out. */
const sysconfigNfs = ({ mountd, lockd, statd, smNotify }: NfsPorts): Resource[] =>
  Object.entries({
    MOUNTD_PORT: mountd,
    LOCKD_TCPPORT: lockd,
    LOCKD_UDPPORT: lockd,
    STATD_PORT: statd,
    STATD_OUTGOING_PORT: smNotify,
  }).map(([name, port]) => lineInFile('/etc/sysconfig/nfs', `${name}=${port}`, new RegExp(`^#?\\s*${name}=`)))

const escaped = (text: string): string => text.replaceAll('.', '\\.')

/** CentOS 6, the article's system. Package names are those of its base repository, EPEL 6 (heartbeat) and ELRepo (drbd). */
export const centos6: Platform = {
  name: 'CentOS 6',
  packages: {
    heartbeat: ['heartbeat'],
    drbd: ['kmod-drbd84', 'drbd84-utils'],
    build: ['gcc', 'glibc-devel', 'make', 'flex', 'bzip2', 'xz'],
    nfsServer: ['nfs-utils', 'rpcbind'],
    clientTracking: [],
    nfsClient: ['nfs-utils'],
    time: ['ntp'],
    lvm: ['lvm2'],
    ipmi: ['ipmitool'],
  },
  kernelHeaders: kernel => `kernel-devel-${kernel}`,
  // as in the article (IV.2)
  kernelTree: kernel => `/usr/src/kernels/${kernel}/`,
  services: { heartbeat: 'heartbeat', time: 'ntpd' },
  nfsUnits: ['nfs'],
  portmapUnits: ['rpcbind'],
  stacks: ['article'],
  stackReason: 'nfs-utils 1.2.3 has no nfsdcld and no nfs.conf (docs/centos6.md)',
  nfsPrograms: ['rpc.nfsd'],
  // e2fsprogs 1.41.12 supports neither lazy_journal_init nor -E nodiscard; -K is its option for the latter
  ext4Options: '-E lazy_itable_init=0 -K',
  paths: {
    haDir: '/etc/ha.d',
    heartbeatLibexec: '/usr/lib64/heartbeat',
    stonith: '/usr/lib64/stonith/plugins',
    drbdConfigDir: '/etc/drbd.d',
    initDir: '/etc/rc.d/init.d',
    nfsInit: '/etc/init.d/nfs',
    exports: '/etc/exports',
  },
  commands: {
    ...sysvCommands,
    log: () => '/var/log/messages',
    kernelLog: 'tac /var/log/messages',
    versions: names =>
      simple(`rpm -q --qf '%{NAME} - installed %{VERSION}-%{RELEASE}\\n' ${names.join(' ')} | grep -v ' is not installed$'`),
    // blkdiscard has no -z yet; wipefs opens it exclusively
    emptyDisk: disk => `wipefs -a ${disk} && dd if=/dev/zero of=${disk} bs=1M oflag=direct`,
    // ntpd(8): -g allows any offset, -q sets the clock once and exits; the article's ntpdate does the same
    setClock: '/etc/init.d/ntpd stop; ntpd -g -q; c=$?; /etc/init.d/ntpd start; exit $c',
    // exportfs has no -s yet; its table has the same content, separated by tabs
    exported: `tr '\\t' ' ' < /var/lib/nfs/etab`,
  },
  install: rpmPackages,
  service: sysvService(chkconfig),
  timeServers: servers => (servers.length === 0 ? [] : [ntpServers(servers)]),
  repositories: yumRepositories,
  // Packages of that era register their service (chkconfig --add) and start nothing; those that restart it at upgrades are version-locked.
  guard: () => [],
  hostName: name => hostName(name, sysconfigNetwork),
  hostRoute: netToolsRoute,
  persistentRoutes: routes =>
    routes.map(route =>
      lineInFile('/etc/rc.d/rc.local', rcLocalLine(route), new RegExp(`^/sbin/route add -host ${escaped(route.address)} `), 0o755),
    ),
  heartbeatFollowed: () => [],
  moduleAtBoot: (name, module) =>
    file(`/etc/sysconfig/modules/${name}.modules`, { content: `#!/bin/sh\nexec /sbin/modprobe ${module}\n`, mode: 0o755 }),
  atBoot: sysvAtBoot(centosInit),
  exports: ({ path, line }, notify) => [{ ...lineInFile('/etc/exports', line, new RegExp(`^${escaped(path)}\\s`)), notify }],
  nfsSettings: ({ ports }) => (ports ? sysconfigNfs(ports) : []),
}
