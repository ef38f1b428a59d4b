import type { Resource } from '../../lib/role-api/index.ts'
import { file, logicalVolume } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { disks } from '../service/checks/disks.ts'
import { inUse } from '../service/checks/in-use.ts'
import { mountPlace } from '../service/checks/mount-place.ts'
import { drbdConfigDir, withDrbd } from '../service/drbd/tools.ts'
import { adjusted } from './adjust.ts'
import { bootJob } from './config.ts'
import { fencePeerPath, resetNode, resetNodePath } from './fence-peer.ts'
import { fileSystem } from './file-system.ts'
import { firstSync } from './first-sync.ts'
import { metadata } from './metadata.ts'
import { mountPoint } from './mount-point.ts'
import { drbdFiles } from './stacks.ts'
import { stateVolume } from './state-volume.ts'

const steps = (context: Context): Resource[] => {
  const { vars, cluster, platform } = context
  const volume = vars.drbd_init_lvm
  const { resource, common, fencePeer } = drbdFiles[vars.ha_stack]
  const directory = drbdConfigDir(context)
  const files = [
    ...(common ? [file(`${directory}/global_common.conf`, { content: common(vars), mode: 0o600, secret: true })] : []),
    file(`${directory}/${vars.drbd_resource}.res`, {
      content: resource(cluster),
      mode: 0o600,
      secret: true,
      validate: withDrbd(vars, acceptedByDrbdadm(vars.drbd_resource)),
    }),
  ]
  return [
    inUse(context),
    ...(vars.ha_stage === 'full' ? [mountPlace(vars)] : []),
    disks(context, 'always'),
    ...(volume ? [platform.install(platform.packages.lvm), logicalVolume(volume)] : []),
    ...files,
    // After the resource file: if drbdadm does not accept that, nothing else is written.
    ...(fencePeer
      ? [
          file(resetNodePath, { content: resetNode(), mode: 0o755 }),
          file(fencePeerPath, { content: fencePeer(vars, platform), mode: 0o755 }),
        ]
      : []),
    metadata(context),
    adjusted(vars, [...files.map(f => f.id), `DRBD metadata ${vars.drbd_resource}`]),
    ...platform.atBoot(bootJob(vars)),
    firstSync(context),
    fileSystem(context),
    ...(vars.ha_stack === 'lean' ? [stateVolume(context)] : []),
    mountPoint(vars.nfs_export_path),
  ]
}

/**
 * drbdadm exits 0 and prints "ignored" when no `on` section matches this host, so its output must contain the resource. Without a loaded
 * module it would use the version 9 grammar; the override gives it the version of the kernel's own module. A version 9 module is refused
 * explicitly: it has no /proc/drbd to read the state from, and a different grammar (`fencing` is in its `net` section).
 */
const acceptedByDrbdadm = (resource: string): string =>
  `if [ -e /proc/drbd ]; then read -r _ v _ < /proc/drbd; else v=$(modinfo -F version drbd); DRBD_DRIVER_VERSION_OVERRIDE=$v; export DRBD_DRIVER_VERSION_OVERRIDE; fi
case $v in 9*) echo "the DRBD module of $(uname -n) is version $v; version 8.4 is needed, such as the kernel's own module" >&2; exit 1 ;; esac
if ! { o=$(drbdadm -c "$1" dump ${resource} 2>&1) && printf '%s' "$o" | grep -q '^resource ${resource} '; }; then
  echo "drbdadm does not accept the new configuration on $(uname -n): $o" >&2; exit 1
fi`

export const drbdInit: Role = {
  name: 'drbd-init',
  summary: 'backing disk, DRBD resource, first synchronisation, file system',
  steps,
}
