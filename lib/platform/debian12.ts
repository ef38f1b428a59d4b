import { parseUpgrade, readListsScript, sourcesScript, upgradeProbe, upgradeScript, upgradeStep } from '../resources/apt-upgrade.ts'
import { sourcesReload, timeSources } from '../resources/chrony.ts'
import { edited } from '../resources/edit.ts'
import { withoutExport } from '../resources/exports.ts'
import { file } from '../resources/file.ts'
import { etcHostname, hostName } from '../resources/host-name.ts'
import { packages } from '../resources/packages.ts'
import { hostRoute } from '../resources/route.ts'
import { service } from '../resources/service.ts'
import { serviceGuard } from '../resources/service-guard.ts'
import { debianAtBoot } from './debian-boot.ts'
import { debianHeartbeat } from './debian-heartbeat.ts'
import { debianRoutes } from './debian-routes.ts'
import type { Platform } from './platform.ts'

const exportsFile = '/etc/exports.d/nfsha.exports'

export const debian12: Platform = {
  name: 'Debian 12',
  packages: {
    // resource-agents contains tickle_tcp and send_arp; heartbeat only recommends it
    heartbeat: ['heartbeat', 'resource-agents', 'iputils-arping'],
    drbd: ['drbd-utils'],
    build: ['gcc', 'libc6-dev', 'make', 'flex', 'bzip2', 'xz-utils'],
    nfsServer: ['nfs-kernel-server', 'nfs-common'],
    clientTracking: ['sqlite3'],
    nfsClient: ['nfs-common'],
    time: ['chrony'],
    lvm: ['lvm2'],
    ipmi: ['ipmitool'],
  },
  kernelHeaders: kernel => `linux-headers-${kernel}`,
  // a symlink in the package
  kernelTree: kernel => `/lib/modules/${kernel}/build`,
  services: { heartbeat: 'heartbeat', time: 'chrony' },
  nfsUnits: ['nfs-server.service', 'nfsdcld.service', 'nfs-blkmap.service'],
  portmapUnits: ['rpcbind.socket', 'rpcbind.service'],
  stacks: ['lean', 'article'],
  stackReason: '',
  nfsPrograms: ['rpc.nfsd', 'nfsdcld'],
  ext4Options: '-E lazy_itable_init=0,lazy_journal_init=0,nodiscard',
  paths: {
    haDir: '/etc/ha.d',
    heartbeatLibexec: '/usr/libexec/heartbeat',
    stonith: '/usr/lib/stonith/plugins',
    drbdConfigDir: '/etc/drbd.d',
    initDir: '/etc/init.d',
    nfsInit: '/etc/init.d/nfs-kernel-server',
    exports: exportsFile,
  },
  commands: {
    start: unit => ['systemctl', 'start', unit],
    stop: unit => ['systemctl', 'stop', unit],
    restart: unit => ['systemctl', 'restart', unit],
    isActive: unit => `systemctl is-active ${unit}`,
    endedAt: unit => `systemctl show -P InactiveEnterTimestamp --timestamp=unix ${unit} 2>/dev/null`,
    rereadUnits: 'systemctl daemon-reload',
    log: unit => `journalctl -u ${unit}`,
    kernelLog: 'journalctl -q -r -o short-iso _TRANSPORT=kernel',
    exported: 'exportfs -s',
    versions: names => ({ kind: 'packages', names }),
    // both open it exclusively; blkdiscard(8) refuses a disk with a signature when run in a terminal
    emptyDisk: disk => `wipefs -a ${disk} && blkdiscard -z ${disk}`,
    setClock: 'chronyc burst 3/5 && chronyc waitsync 30 0 0 1',
  },
  systemUpgrade: {
    probe: upgradeProbe,
    parse: parseUpgrade,
    readLists: readListsScript,
    sources: sourcesScript,
    upgrade: upgradeScript,
    step: upgradeStep,
    reboot: ['systemctl', 'reboot'],
  },
  install: packages,
  service,
  timeServers: servers =>
    servers.length === 0
      ? []
      : [file('/etc/chrony/sources.d/nfsha.sources', { content: timeSources(servers) }), sourcesReload('time servers', servers)],
  repositories: () => [],
  guard: services => [serviceGuard(services)],
  hostName: name => hostName(name, etcHostname),
  hostRoute: ({ address, nic }) => hostRoute(address, nic),
  persistentRoutes: debianRoutes,
  heartbeatFollowed: debianHeartbeat,
  moduleAtBoot: (name, module) => file(`/etc/modules-load.d/${name}.conf`, { content: `${module}\n` }),
  atBoot: debianAtBoot,
  exports: ({ path, client, line }, notify) => [
    file(exportsFile, { content: `# Managed by nfsha-play.\n${line}\n`, notify }),
    edited('/etc/exports', { what: `no second export of ${path}`, edit: text => withoutExport(text, path, client), notify }),
  ],
  nfsSettings: ({ conf }, notify) => [file('/etc/nfs.conf.d/nfsha.conf', { content: conf, notify })],
}
