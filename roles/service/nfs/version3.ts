import type { NfsPorts } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'

/**
 * Where the services of version 3 answer, which would take any port by themselves. All lie below those that the kernel gives to outgoing connections
 * (from 32768) and above those that RPC programs choose their privileged ones from (below 1024): nothing else can have taken them.
 */
export const version3Ports: NfsPorts = { mountd: 20048, lockd: 4045, statd: 32765, smNotify: 32766 }

/** rpcbind's own port, which no setting moves. */
const portmapper = 111

/** What a firewall must let through for version 3, beside nfsd's port. RPC programs ask over UDP as readily as over TCP. */
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

/** nfs.conf(5): the ports, and what else statd needs. lockd's reach the kernel through rpc.statd, which sets them when it starts. */
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

/** lockd's own grace period, in seconds: as long as that of version 4, and 240 at most (linux/fs/lockd/svc.c, which rounds it up to tens). */
export const lockdGrace = ({ nfs_lease }: Vars): number => Math.min(nfs_lease, 240)

/** Mount options, nfs(5), that ask for version 3. */
const asksForVersion3 = (options: string): boolean => /(^|,)(v|(nfs)?vers=)3(,|$)/.test(options)

/** Why a client cannot mount as its options say; the article's stack serves version 3 by itself. */
export const versionProblem = ({ client_options, ha_stack, nfs_v3 }: Vars): string | undefined =>
  asksForVersion3(client_options) && ha_stack === 'lean' && !nfs_v3
    ? `client_options (${client_options}) ask for version 3 of NFS, which this cluster serves with nfs_v3: true only`
    : undefined
