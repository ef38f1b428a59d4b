import type { ClusterNodes } from '../../lib/role-api/index.ts'
import { failedScript, minorOf, quote } from '../../lib/role-api/index.ts'
import { withDrbd } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'
import type { Volume } from './state.ts'

const again = 'clients are served as before; run the playbook again to continue'

/** lvextend(8) to `size` bytes, after pvresize(8) if the disk has grown. Throws `ApplyFailed`. */
export const extendVolume = async (nodes: ClusterNodes, host: string, volume: Volume, size: number, vars: Vars): Promise<void> => {
  const spec = vars.drbd_init_lvm
  if (!spec) return
  nodes.progress({ text: `lvextend on ${host}` })
  const result = await nodes.on(host).connection.run(
    `set -eu
${volume.diskHasGrown ? `pvresize ${quote(spec.disk)}` : ':'}
lvextend -L ${size}b ${quote(`${spec.group}/${spec.volume}`)}`,
    { timeout: 300_000 },
  )
  if (result.code !== 0) throw failedScript(`extending ${spec.group}/${spec.volume} on ${host}`, result, again)
}

/**
 * `drbdadm resize` on the Primary: DRBD reads the size of both disks, moves its metadata to their new ends, and starts to copy the new
 * space from here. The guard is in the same script. Waits up to 10 s for the copying to start, so that the next probe does not see the
 * moment before. Throws `ApplyFailed`.
 */
export const resizeDevice = async (nodes: ClusterNodes, host: string, vars: Vars): Promise<void> => {
  const { drbd_resource: resource } = vars
  const minor = minorOf(vars.drbd_device)
  const name = vars.drbd_device.replace(/.*\//, '')
  const cleanly = vars.drbd_grow_assume_clean
  nodes.progress({ text: `drbdadm resize on ${host}` })
  const result = await nodes.on(host).connection.run(
    withDrbd(
      vars,
      `set -eu
l=$(grep '^ *${minor}: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate ' /proc/drbd) || { cat /proc/drbd >&2; exit 1; }
read -r before < /sys/block/${name}/size
drbdadm ${cleanly ? '-- --assume-clean ' : ''}resize ${resource}
i=0; while [ "$i" -lt 50 ]; do
  read -r now < /sys/block/${name}/size
  if [ "$now" -gt "$before" ]; then ${cleanly ? 'exit 0' : `grep -q '^ *${minor}: cs:Connected ' /proc/drbd || exit 0`}; fi
  i=$((i + 1)); sleep 0.2
done`,
    ),
    { timeout: 600_000 },
  )
  if (result.code !== 0) throw failedScript(`drbdadm resize on ${host}`, result, again)
}

/** resize2fs(8) of a mounted file system: the kernel adds block groups online, each in one transaction. Throws `ApplyFailed`. */
export const growFileSystem = async (nodes: ClusterNodes, host: string, vars: Vars): Promise<void> => {
  const { drbd_device: device, nfs_export_path: path } = vars
  nodes.progress({ text: `resize2fs on ${host}` })
  const result = await nodes.on(host).connection.run(
    `set -eu
grep -q '^${device} ${path} ext4 rw' /proc/mounts || { echo "${device} is not mounted on ${path} here" >&2; exit 1; }
resize2fs ${device}`,
    { timeout: 3_600_000 },
  )
  if (result.code !== 0) throw failedScript(`resize2fs on ${host}`, result, again)
}
