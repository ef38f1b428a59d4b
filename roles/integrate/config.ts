import type { Cluster, FileOptions, Platform } from '../../lib/role-api/index.ts'
import { minorOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { firstOf, peerOf, vipAddress } from '../role.ts'
import { drbdPrefix } from '../service/drbd/tools.ts'
import { goStandby } from '../service/hand-over.ts'
import { serverScope } from '../service/nfs/scope.ts'
import { lockdGrace } from '../service/nfs/version3.ts'
import { resourceScript } from '../service/resource-script/index.ts'
import type { Vars } from '../vars.ts'
import { articleResources, nfsdScript } from './article.ts'
import type { LiveFile } from './live-files.ts'

/** Our own build takes precedence over the system's programs. */
const drbdPath = (vars: Vars): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? '' : `PATH=${prefix}/sbin:$PATH\n`
}

/** NFS version 3 and lockd's grace period. Without version 3 nothing is written, so that an existing file stays unchanged. */
const version3 = (vars: Vars): string => (vars.nfs_v3 ? `NFSHA_VERSION3=yes\nNFSHA_LOCKD_GRACE=${lockdGrace(vars)}\n` : '')

/** The settings of the resource script: plain shell assignments. The variables' types guarantee that no value needs quoting. */
export const settings = (vars: Vars, platform: Platform): string => `# Managed by nfsha-play: settings of resource.d/nfsha.
${drbdPath(vars)}NFSHA_RESOURCE=${vars.drbd_resource}
NFSHA_DEVICE=${vars.drbd_device}
NFSHA_MINOR=${minorOf(vars.drbd_device)}
NFSHA_MOUNT=${vars.nfs_export_path}
NFSHA_VIP=${vipAddress(vars)}
NFSHA_PREFIX=${vars.ha_vip.replace(/.*\//, '')}
NFSHA_NIC=${vars.node_service_nic}
NFSHA_NETWORK=${vars.nfs_export_network}
NFSHA_SCOPE=${serverScope(vars)}
NFSHA_HELPERS=${platform.paths.heartbeatLibexec}
${version3(vars)}`

/**
 * Settings that only the watch reads, which notices a change by itself: no start or stop depends on them, so a change needs no hand-over.
 * The command that requests a hand-over is here too.
 */
export const watchSettings = (
  vars: Vars,
  peer: Vars,
  own: 'local' | 'foreign',
): string => `# Managed by nfsha-play: settings of resource.d/nfsha watch.
hand_over() { ${goStandby}; }
NFSHA_DAMPING=${vars.ha_damping}
NFSHA_PEER=${peer.node_name}
NFSHA_PEER_SERVICE=${peer.node_service_ip}
NFSHA_LINK=${vars.node_drbd_ip}
NFSHA_OWN=${own}
`

/** For each stack: the resources that heartbeat manages, and their files, by path relative to the directory of ha.cf. */
const stacks: Record<
  Vars['ha_stack'],
  { resources(vars: Vars): string; files(context: Context): Record<string, FileOptions>; watch?(context: Context): string }
> = {
  lean: {
    resources: () => 'nfsha',
    files: context => ({
      'nfsha.conf': { content: settings(context.vars, context.platform) },
      'resource.d/nfsha': { content: resourceScript(), mode: 0o755 },
    }),
    watch: context => {
      const { vars, cluster } = context
      return watchSettings(vars, peerOf(context).vars, firstOf(cluster).vars.node_name === vars.node_name ? 'local' : 'foreign')
    },
  },
  article: {
    resources: articleResources,
    files: ({ platform }) => ({ 'resource.d/nfsd': { content: nfsdScript(platform), mode: 0o755 } }),
  },
}

/** Packages that the resources need: fuser, and ifconfig for the agent IPaddr, which the lines of the reference setup name. */
export const resourcePrograms = ({ ha_stage, ha_stack }: Vars): string[] =>
  ha_stage === 'vip' || ha_stack === 'article' ? ['psmisc', 'net-tools'] : ['psmisc']

/**
 * haresources: the preferred node and its resources. At stage `vip` the line of the reference setup (article, III.5), whatever the stack.
 */
export const haresources = (cluster: Cluster<Vars>): string => {
  const { vars } = firstOf(cluster)
  const resources = vars.ha_stage === 'vip' ? `IPaddr::${vars.ha_vip}/${vars.node_service_nic}` : stacks[vars.ha_stack].resources(vars)
  return `${vars.node_name} ${resources}\n`
}

/**
 * Pure: whether the new haresources releases everything acquired by the old one. Our resource script releases address, NFS, mount and DRBD
 * whoever acquired them, so it can release another chain of resources. An address alone is released by the text that acquired it.
 */
export const releasesAll = (old: string, wanted: string): boolean =>
  resourcesOf(wanted).join() === 'nfsha' && resourcesOf(old).some(r => r !== 'nfsha' && !r.startsWith('IPaddr'))

const resourcesOf = (text: string): string[] => text.replace(/#.*/g, '').trim().split(/\s+/).slice(1)

/** The settings file of the watch, if the stack has one. */
export const watchFile = (context: Context): { path: string; content: string } | undefined => {
  const { vars, platform } = context
  const content = stacks[vars.ha_stack].watch?.(context)
  return content === undefined ? undefined : { path: `${platform.paths.haDir}/nfsha-watch.conf`, content }
}

/**
 * The files that heartbeat reads again at every call, in the order in which they are written: haresources last, because it names the
 * others.
 */
export const filesReadLive = (context: Context): LiveFile[] => {
  const { vars, cluster, platform } = context
  const wanted = haresources(cluster)
  return [
    ...Object.entries(stacks[vars.ha_stack].files(context)).map(([name, options]) => ({
      path: `${platform.paths.haDir}/${name}`,
      options,
    })),
    { path: `${platform.paths.haDir}/haresources`, options: { content: wanted }, releases: old => releasesAll(old, wanted) },
  ]
}
