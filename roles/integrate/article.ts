import type { Platform } from '../../lib/role-api/index.ts'
import type { Vars } from '../vars.ts'

/** The article's resources (VI.1): a chain of four agents, taken from the left and released from the right. The address comes first. */
export const articleResources = (vars: Vars): string =>
  `IPaddr::${vars.ha_vip}/${vars.node_service_nic} drbddisk::${vars.drbd_resource} Filesystem::${vars.drbd_device}::${vars.nfs_export_path}::ext4 nfsd`

/**
 * The article's /etc/ha.d/resource.d/nfsd (VI.1). It knows no `status`, so heartbeat takes it for stopped and always calls `start`. Its
 * killall reaches no kernel thread: nfsd goes on, and what it holds cannot be unmounted (measured on Linux 6.1).
 */
export const nfsdScript = (platform: Platform): string => `#!/bin/bash
#
case $1 in
start)
  ${platform.paths.nfsInit} restart
  ;;
stop)
  for proc in rpc.mountd rpc.rquotad nfsd nfsd
  do
    killall -9 $proc
  done
  ;;
esac
`
