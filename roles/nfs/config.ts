import type { NfsSettings } from '../../lib/role-api/index.ts'
import { exportDirectory, stateDirectory } from '../service/nfs/exports.ts'
import { version3Ports, version3Sections } from '../service/nfs/version3.ts'
import type { Vars } from '../vars.ts'

/**
 * nfs.conf(5) of the lean stack. Disabling version 3 also removes lockd's grace period; a short lease also shortens a client's reconnect.
 * With this file, statd can start only while the replicated volume is mounted, that is from the resource script: otherwise it would keep
 * its clients on one node only.
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
  /**
   * The system's units. Only the resource script may run NFS; that of the article stack does so with the init script of these very units.
   */
  units: { masked: boolean; enabled?: boolean }
  /**
   * Version 4 needs no portmapper: one open port less. Version 3 needs it on a standby too, before a takeover. The reference setup starts
   * it by hand and, like heartbeat, not at boot (article, V.3); if the boot starts heartbeat, it must start this too, or nfsd does not
   * start.
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

/** The server's settings as nfs.conf(5), or only the ports for systems without it. */
export const nfsSettings = (vars: Vars): NfsSettings => ({
  conf: stacks[vars.ha_stack].conf(vars),
  ...(vars.nfs_v3 && { ports: version3Ports }),
})
export const nfsUnits = (vars: Vars): NfsStack['units'] => stacks[vars.ha_stack].units
export const portmap = (vars: Vars): ReturnType<NfsStack['portmap']> => stacks[vars.ha_stack].portmap(vars)
