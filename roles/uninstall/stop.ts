import type { ClusterNodes } from '../../lib/role-api/index.ts'
import { failedScript, minorOf, quote } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { vipAddress } from '../role.ts'
import { hasDevice, withDrbd } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'

/** Shell functions `serving`: the node holds the service, or part of it; `attached`: DRBD has the device. */
export const servingFunctions = (
  vars: Vars,
): string => `serving() { grep -q '^${vars.drbd_device} ' /proc/mounts || ip -o -4 addr show | grep -q ' ${vipAddress(vars).replaceAll('.', '\\.')}/'; }
attached() { ${hasDevice(minorOf(vars.drbd_device))}; }`

/**
 * Shell that ends the helpers that the resource script keeps ready, and unmounts its private mounts: without nfsd nothing else uses them.
 */
export const endHelpers = `t=0; { read -r t < /proc/fs/nfsd/threads; } 2>/dev/null
for c in /proc/[0-9]*/comm; do
  n=; { read -r n < "$c"; } 2>/dev/null; p=\${c#/proc/}; p=\${p%/comm}
  case $n in
    nfsha-rpcbind) kill -9 "$p" ;;
    rpc.mountd | nfsdcld) [ "\${t:-0}" -gt 0 ] || kill "$p" ;;
  esac
done
while read -r _ m _; do case $m in /run/nfsha | /run/nfsha/*) echo "$m" ;; esac; done < /proc/mounts | sort -r | while read -r m; do
  # A process that was just killed may still have it open.
  i=0; while ! umount "$m" 2>/dev/null; do i=$((i + 1)); [ $i -lt 20 ] || { umount "$m"; exit 1; }; sleep 0.5; done || exit 1
done`

const stopScript = (isActive: boolean, { vars, platform }: Context): string =>
  withDrbd(
    vars,
    `${servingFunctions(vars)}
${isActive ? '' : 'if serving; then echo "the node has taken over the service in the meantime" >&2; exit 1; fi\n'}timeout 240 ${platform.commands.stop(platform.services.heartbeat).map(quote).join(' ')} || exit 1
if serving; then echo "heartbeat has stopped, but the share is still mounted or the virtual IP is still up" >&2; exit 1; fi
! attached || drbdadm down ${vars.drbd_resource} || exit 1
if attached; then echo "${vars.drbd_device} still exists in DRBD" >&2; exit 1; fi`,
  )

/** Stops heartbeat, and with it the service if the node holds it; then DRBD. Throws `ApplyFailed`. */
export const stopOn = async (nodes: ClusterNodes, host: string, isActive: boolean, own: Context): Promise<void> => {
  const result = await nodes.on(host).connection.run(stopScript(isActive, own), { timeout: 300_000 })
  if (result.code !== 0) throw failedScript(`stopping the cluster on ${host}`, result, 'nothing was removed there')
}
