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

/** A build of our own comes before what the system has. */
const drbdPath = (vars: Vars): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? '' : `PATH=${prefix}/sbin:$PATH\n`
}

/** Version 3 of NFS: whether, and lockd's grace period. Without it nothing is written, so that a file of before stays as it is. */
const version3 = (vars: Vars): string => (vars.nfs_v3 ? `NFSHA_VERSION3=yes\nNFSHA_LOCKD_GRACE=${lockdGrace(vars)}\n` : '')

/** What the resource script reads: plain shell assignments, every value a word that needs no quoting (the variables' types see to it). */
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

/** What only its watch reads, which takes a change up by itself: no start or stop depends on it, so it costs no hand-over. How to ask for one stands here too. */
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

/** What heartbeat manages in each stack, and the files that its resources are made of, by their place below the directory of ha.cf. */
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

/** What the resources run: fuser, and for the agent IPaddr, which the article's lines name, ifconfig. */
export const resourcePrograms = ({ ha_stage, ha_stack }: Vars): string[] =>
  ha_stage === 'vip' || ha_stack === 'article' ? ['psmisc', 'net-tools'] : ['psmisc']

/** haresources: the preferred node, and what it holds. At stage `vip` the article's own line (III.5), whatever the stack. */
export const haresources = (cluster: Cluster<Vars>): string => {
  const { vars } = firstOf(cluster)
  const resources = vars.ha_stage === 'vip' ? `IPaddr::${vars.ha_vip}/${vars.node_service_nic}` : stacks[vars.ha_stack].resources(vars)
  return `${vars.node_name} ${resources}\n`
}

/**
 * Pure: our resource script releases address, NFS, mount and DRBD whoever has acquired them, so it releases another's chain of resources. The
 * address alone is released by the text that it came by.
 */
export const releasesAll = (old: string, wanted: string): boolean =>
  resourcesOf(wanted).join() === 'nfsha' && resourcesOf(old).some(r => r !== 'nfsha' && !r.startsWith('IPaddr'))

const resourcesOf = (text: string): string[] => text.replace(/#.*/g, '').trim().split(/\s+/).slice(1)

/** The settings of the watch, where the stack has one. */
export const watchFile = (context: Context): { path: string; content: string } | undefined => {
  const { vars, platform } = context
  const content = stacks[vars.ha_stack].watch?.(context)
  return content === undefined ? undefined : { path: `${platform.paths.haDir}/nfsha-watch.conf`, content }
}

/** All that heartbeat reads again at every call, in the order in which it may be written: haresources last, it names the others. */
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
