import type { Resource } from '../../lib/role-api/index.ts'
import { kernelModule } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { clusterGuard } from '../service/checks/guard.ts'
import { mountedClients } from '../service/checks/mounted-clients.ts'
import { exportLine } from '../service/nfs/exports.ts'
import { mountdVersions } from '../service/nfs/mountd.ts'
import { exportsReload } from '../service/nfs/reload.ts'
import { nfsSettings, nfsUnits, portmap } from './config.ts'

const reload = 'reload exports'
const restart = 'restart rpc.mountd'

const steps = (context: Context): Resource[] => {
  const { vars, platform } = context
  const { nfsServer, clientTracking } = platform.packages
  return [
    ...clusterGuard(context),
    mountedClients(context),
    platform.install([...nfsServer, ...(vars.ha_stack === 'lean' ? clientTracking : [])], { hold: nfsServer }),
    // Only the resource script runs these: they are masked, or at least disabled. An nfsd started at boot would lose its clients' state
    // before the share is mounted.
    ...platform.nfsUnits.map(unit => platform.service(unit, nfsUnits(vars))),
    ...platform.portmapUnits.map(unit => platform.service(unit, { ...portmap(vars), from: 'package rpcbind' })),
    ...platform.exports({ path: vars.nfs_export_path, client: vars.nfs_export_network, line: exportLine(vars) }, [reload]),
    ...platform.nfsSettings(nfsSettings(vars), vars.ha_stack === 'lean' ? [restart] : []),
    // A standby with the module already loaded takes over two seconds faster.
    platform.moduleAtBoot('nfsha-nfs', 'nfsd'),
    kernelModule('nfsd'),
  ]
}

export const nfs: Role = {
  name: 'nfs',
  summary: 'NFS server packages, exports and settings; runs nothing',
  steps,
  handlers: ({ vars, platform }) => [
    exportsReload(reload, vars, platform),
    // In the article stack rpc.mountd starts and stops with nfsd.
    ...(vars.ha_stack === 'lean' ? [mountdVersions(restart, vars)] : []),
  ],
}
