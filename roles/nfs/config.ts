import type { Vars } from '../vars.ts'

/** Where nfsdcld keeps its clients: on the replicated volume, so that the other node knows whom to let reclaim. */
export const stateDirectory = (vars: Vars): string => `${vars.nfs_export_path}/.nfsha`

/** exports(5). The fsid is explicit and the same on both nodes: clients keep it in their file handles. The article has none (V.2). */
export const exportOptions = (vars: Vars): string[] => [
  ...vars.nfs_export_options.split(','),
  ...stacks[vars.ha_stack].exportOptions.map(option => option(vars)),
]

export const exportLine = (vars: Vars): string => `${vars.nfs_export_path} ${vars.nfs_export_network}(${exportOptions(vars).join(',')})`

/** nfs.conf(5) of the lean stack. Version 3 off takes lockd's grace period away too; a short lease also shortens a client's reconnect. */
const leanConf = (vars: Vars): string => `# Managed by nfsha-play.
[nfsd]
threads=${vars.nfs_threads}
vers2=n
vers3=n
vers4=y
lease-time=${vars.nfs_lease}
grace-time=${vars.nfs_lease}
[nfsdcld]
storagedir=${stateDirectory(vars)}/nfsdcld
`

interface NfsStack {
  exportOptions: ((vars: Vars) => string)[]
  conf(vars: Vars): string
  /** The system's units: nobody but the resource script may run NFS, and the article's runs it by the init script of these very units. */
  units: { masked: boolean; enabled?: boolean }
  /** NFSv4 needs no portmapper, its port is one less to guard; the article starts it by hand and keeps it off at boot (V.3). */
  portmap: { enabled: boolean; running?: boolean }
}

const stacks: Record<Vars['ha_stack'], NfsStack> = {
  lean: { exportOptions: [vars => `fsid=${vars.nfs_fsid}`], conf: leanConf, units: { masked: true }, portmap: { enabled: false } },
  article: {
    exportOptions: [],
    conf: () => "# Managed by nfsha-play: the article's stack runs NFS with the settings of the system.\n",
    units: { masked: false, enabled: false },
    portmap: { enabled: false, running: true },
  },
}

export const nfsConf = (vars: Vars): string => stacks[vars.ha_stack].conf(vars)
export const nfsUnits = (vars: Vars): NfsStack['units'] => stacks[vars.ha_stack].units
export const portmap = (vars: Vars): NfsStack['portmap'] => stacks[vars.ha_stack].portmap
