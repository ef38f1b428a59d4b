import type { Platform } from './platform.ts'

export const debian12: Platform = {
  name: 'Debian 12',
  packages: {
    // resource-agents brings tickle_tcp and send_arp's users; heartbeat names it only as a recommendation
    heartbeat: ['heartbeat', 'resource-agents', 'iputils-arping'],
    drbd: ['drbd-utils'],
    nfsServer: ['nfs-kernel-server', 'nfs-common'],
    nfsClient: ['nfs-common'],
    time: ['chrony'],
    lvm: ['lvm2'],
  },
  services: { heartbeat: 'heartbeat', time: 'chrony' },
  nfsUnits: ['nfs-server.service', 'nfsdcld.service', 'nfs-blkmap.service'],
  paths: {
    haDir: '/etc/ha.d',
    heartbeatLibexec: '/usr/libexec/heartbeat',
    drbdConfigDir: '/etc/drbd.d',
    nfsInit: '/etc/init.d/nfs-kernel-server',
  },
}
