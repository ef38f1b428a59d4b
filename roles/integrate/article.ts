import type { Platform } from '../../lib/role-api/index.ts'
import type { Vars } from '../vars.ts'

/**
 * The resources of the reference setup (article, VI.1): a chain of four agents, acquired from left to right and released from right to
 * left. The address comes first.
 */
export const articleResources = (vars: Vars): string =>
  `IPaddr::${vars.ha_vip}/${vars.node_service_nic} drbddisk::${vars.drbd_resource} Filesystem::${vars.drbd_device}::${vars.nfs_export_path}::ext4 nfsd`

/**
 * /etc/ha.d/resource.d/nfsd of the reference setup (article, VI.1). It has no `status`, so heartbeat treats it as stopped and always calls
 * `start`. Its killall does not affect kernel threads: nfsd continues, and what it holds cannot be unmounted (measured on Linux 6.1).
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
