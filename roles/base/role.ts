import { assertion } from '../../lib/resources/assertion.ts'
import { edited } from '../../lib/resources/edit.ts'
import { file } from '../../lib/resources/file.ts'
import { packages } from '../../lib/resources/packages.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { service } from '../../lib/resources/service.ts'
import { clusterGuard } from '../guard.ts'
import type { Context, Role } from '../role.ts'
import { clockOffset, sourcesReload, timeSources } from './clock.ts'
import { firewall, selinux } from './firewall.ts'
import { hostName } from './hostname.ts'
import { withHosts } from './hosts.ts'
import { diskSizes, preflight, vipIsOurs } from './preflight.ts'

const steps = (context: Context): Resource[] => {
  const { vars, cluster, platform } = context
  const servers = vars.base_time_servers
  return [
    assertion('preflight', preflight(context)),
    diskSizes(vars.drbd_init_lvm?.disk ?? vars.drbd_disk),
    vipIsOurs(vars),
    clusterGuard(platform),
    hostName(vars.node_name),
    edited('/etc/hosts', {
      what: 'names of the nodes',
      edit: text =>
        withHosts(
          text,
          cluster.nodes.map(n => ({ ip: n.vars.node_service_ip, name: n.vars.node_name })),
        ),
    }),
    packages(platform.packages.time),
    service(platform.services.time, { enabled: true, running: true, from: `package ${platform.packages.time.join(' ')}` }),
    ...(servers.length > 0
      ? [file('/etc/chrony/sources.d/nfsha.sources', { content: timeSources(servers) }), sourcesReload('time servers', servers)]
      : []),
    clockOffset(context),
    selinux(),
    firewall(context),
  ]
}

export const base: Role = { name: 'base', summary: 'preflight, host name, /etc/hosts, clocks, what would block the cluster', steps }
