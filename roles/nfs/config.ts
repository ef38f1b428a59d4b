import type { NfsSettings } from '../../lib/role-api/index.ts'
import { exportDirectory, stateDirectory } from '../service/nfs/exports.ts'
import { version3Ports, version3Sections } from '../service/nfs/version3.ts'
import type { Vars } from '../vars.ts'

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
    conf: leanConf,
    units: { masked: true },
    portmap: ({ nfs_v3 }) => (nfs_v3 ? { enabled: true, running: true } : { enabled: false }),
  },
  article: {
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
