import type { NfsSettings } from '../../lib/platform/platform.ts'
import type { Vars } from '../vars.ts'
import { version3Ports, version3Sections } from './version3.ts'

/**
 * Where the resource script mounts what it keeps of the clients: on the replicated device, so that the other node knows whom to let reclaim, and
 * outside the share, where they cannot reach it.
 */
export const stateDirectory = '/run/nfsha/state'

/**
 * Where exportfs and rpc.mountd keep the list of exports: in memory (the resource script mounts it), for on a full disk exportfs leaves an empty list and
 * ends with success, and the next takeover would turn every client away.
 */
export const exportDirectory = '/run/nfsha/nfs'

/** Shell that prints the list of exports, where nfs.conf of this host has it. */
export const exportTable = `e=/var/lib/nfs/etab; if [ -e ${exportDirectory}/etab ] && grep -qs '^state-directory-path=${exportDirectory}$' /etc/nfs.conf.d/nfsha.conf; then e=${exportDirectory}/etab; fi; cat $e 2>/dev/null`

/** exports(5). The fsid is explicit and the same on both nodes: clients keep it in their file handles. The article has none (V.2). */
export const exportOptions = (vars: Vars): string[] => [
  ...(vars.nfs_export_options ?? stacks[vars.ha_stack].exportDefaults).split(','),
  ...stacks[vars.ha_stack].exportOptions.map(option => option(vars)),
]

/** exports(5): by default, and whatever the order, as exportfs takes the last. */
export const squashesRoot = (vars: Vars): boolean =>
  exportOptions(vars).findLast(o => /^(no_)?root_squash$/.test(o)) !== 'no_root_squash' || exportOptions(vars).includes('all_squash')

export const exportLine = (vars: Vars): string => `${vars.nfs_export_path} ${vars.nfs_export_network}(${exportOptions(vars).join(',')})`

/**
 * nfs.conf(5) of the lean stack. Version 3 off takes lockd's grace period away too; a short lease also shortens a client's reconnect. Where the replicated
 * volume is not mounted, no statd but the resource script's can start by this file: it would keep its clients on one node alone.
 */
const leanConf = (vars: Vars): string => `# Managed by nfsha-play.
[nfsd]
threads=${vars.nfs_threads}
vers2=n
vers3=${vars.nfs_v3 ? 'y' : 'n'}
vers4=y
lease-time=${vars.nfs_lease}
grace-time=${vars.nfs_lease}
[nfsdcld]
storagedir=${stateDirectory}/nfsdcld
[mountd]
state-directory-path=${exportDirectory}
${vars.nfs_v3 ? version3Sections([`state-directory-path=${stateDirectory}/statd`]) : ''}`

interface NfsStack {
  /** What `nfs_export_options` is when it is not set. */
  exportDefaults: string
  exportOptions: ((vars: Vars) => string)[]
  conf(vars: Vars): string
  /** The system's units: nobody but the resource script may run NFS, and the article's runs it by the init script of these very units. */
  units: { masked: boolean; enabled?: boolean }
  /**
   * Version 4 needs no portmapper, its port is one less to guard; version 3 needs it on a standby too, before anything is taken over. The article
   * starts it by hand and keeps it off at boot, with heartbeat (V.3); a boot that starts heartbeat must start it too, or nfsd does not start.
   */
  portmap(vars: Vars): { enabled: boolean; running?: boolean }
}

const stacks: Record<Vars['ha_stack'], NfsStack> = {
  lean: {
    exportDefaults: 'rw,sync,root_squash,no_subtree_check',
    exportOptions: [vars => `fsid=${vars.nfs_fsid}`],
    conf: leanConf,
    units: { masked: true },
    portmap: ({ nfs_v3 }) => (nfs_v3 ? { enabled: true, running: true } : { enabled: false }),
  },
  article: {
    exportDefaults: 'rw,sync,no_root_squash,no_subtree_check',
    exportOptions: [],
    conf: ({ nfs_v3 }) =>
      `# Managed by nfsha-play: the article's stack runs NFS with the settings of the system.\n${nfs_v3 ? version3Sections() : ''}`,
    units: { masked: false, enabled: false },
    portmap: ({ ha_boot_start }) => ({ enabled: ha_boot_start, running: true }),
  },
}

/** The server's settings: as nfs.conf(5), and for systems without it the ports alone. */
export const nfsSettings = (vars: Vars): NfsSettings => ({
  conf: stacks[vars.ha_stack].conf(vars),
  ...(vars.nfs_v3 && { ports: version3Ports }),
})
export const nfsUnits = (vars: Vars): NfsStack['units'] => stacks[vars.ha_stack].units
export const portmap = (vars: Vars): ReturnType<NfsStack['portmap']> => stacks[vars.ha_stack].portmap(vars)
