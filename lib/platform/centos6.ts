import type { Platform } from './platform.ts'

/** CentOS 6, the article's system. Package names are those of its base repository, EPEL 6 (heartbeat) and ELRepo (drbd). */
export const centos6: Platform = {
  name: 'CentOS 6',
  packages: {
    heartbeat: ['heartbeat'],
    drbd: ['kmod-drbd84', 'drbd84-utils'],
    nfsServer: ['nfs-utils', 'rpcbind'],
    nfsClient: ['nfs-utils'],
    time: ['ntp'],
    lvm: ['lvm2'],
  },
  services: { heartbeat: 'heartbeat', time: 'ntpd' },
  nfsUnits: ['nfs', 'nfslock'],
  paths: { haDir: '/etc/ha.d', heartbeatLibexec: '/usr/lib64/heartbeat', drbdConfigDir: '/etc/drbd.d', nfsInit: '/etc/init.d/nfs' },
}
