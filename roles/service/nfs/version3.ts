import type { NfsPorts } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'

/**
 * Fixed ports of the version 3 services, which would otherwise use random ones. They are all below the range for outgoing connections (from
 * 32768) and above the privileged ports that RPC programs pick (below 1024), so that nothing else can occupy them.
 */
export const version3Ports: NfsPorts = { mountd: 20048, lockd: 4045, statd: 32765, smNotify: 32766 }

/** rpcbind's own port, which cannot be changed. */
const portmapper = 111

/** Ports that must be open for version 3, besides nfsd's. RPC programs use both UDP and TCP. */
export const version3Needs = (): { what: string; protocol: string; port: number }[] => {
  const { mountd, lockd, statd, smNotify } = version3Ports
  const both = (what: string, port: number) => ['tcp', 'udp'].map(protocol => ({ what, protocol, port }))
  return [
    ...both('rpcbind', portmapper),
    ...both('rpc.mountd', mountd),
    ...both('lockd', lockd),
    ...both('rpc.statd', statd),
    { what: 'answers to sm-notify', protocol: 'udp', port: smNotify },
  ]
}

/** nfs.conf(5): the ports, and further settings of statd. rpc.statd sets lockd's ports in the kernel when it starts. */
export const version3Sections = (statd: string[] = []): string => `[mountd]
port=${version3Ports.mountd}
[lockd]
port=${version3Ports.lockd}
udp-port=${version3Ports.lockd}
[statd]
${[`port=${version3Ports.statd}`, ...statd].join('\n')}
[sm-notify]
outgoing-port=${version3Ports.smNotify}
`

/** lockd's own grace period in seconds: the same as for version 4, at most 240 (linux/fs/lockd/svc.c, which rounds it up to tens). */
export const lockdGrace = ({ nfs_lease }: Vars): number => Math.min(nfs_lease, 240)

/** Whether mount options, nfs(5), request version 3. */
const asksForVersion3 = (options: string): boolean => /(^|,)(v|(nfs)?vers=)3(,|$)/.test(options)

/** Why a client cannot mount with its options; undefined when it can. The article stack always serves version 3. */
export const versionProblem = ({ client_options, ha_stack, nfs_v3 }: Vars): string | undefined =>
  asksForVersion3(client_options) && ha_stack === 'lean' && !nfs_v3
    ? `client_options (${client_options}) request NFS version 3, which this cluster serves only with nfs_v3: true`
    : undefined
