import type { Vars } from '../vars.ts'

/** Where nfsdcld keeps its clients: on the replicated volume, so that the other node knows whom to let reclaim. */
export const stateDirectory = (vars: Vars): string => `${vars.nfs_export_path}/.nfsha`

/** exports(5). The fsid is explicit and the same on both nodes: clients keep it in their file handles. */
export const exportLine = (vars: Vars): string =>
  `${vars.nfs_export_path} ${vars.nfs_export_network}(${vars.nfs_export_options},fsid=${vars.nfs_fsid})`

export const exportsFile = (vars: Vars): string => `# Managed by nfsha-play.\n${exportLine(vars)}\n`

/** nfs.conf(5). Version 3 off takes lockd's grace period away too; a short lease also shortens a client's reconnect. */
export const nfsConf = (vars: Vars): string => `# Managed by nfsha-play.
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
