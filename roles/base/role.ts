import type { Resource } from '../../lib/role-api/index.ts'
import { assertion, edited } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { clockOffset } from '../service/checks/clock.ts'
import { disks } from '../service/checks/disks.ts'
import { firewall, selinux } from '../service/checks/firewall.ts'
import { clusterGuard } from '../service/checks/guard.ts'
import { inUse } from '../service/checks/in-use.ts'
import { mountPlace } from '../service/checks/mount-place.ts'
import { namesOf, withHosts } from './hosts.ts'
import { diskSizes, preflight, vipIsOurs } from './preflight.ts'

const steps = (context: Context): Resource[] => {
  const { vars, cluster, platform } = context
  return [
    inUse(context),
    ...(vars.ha_stage === 'full' ? [mountPlace(vars)] : []),
    assertion('preflight', preflight(context)),
    diskSizes(vars.drbd_init_lvm?.disk ?? vars.drbd_disk),
    disks(context, 'first'),
    vipIsOurs(vars),
    ...clusterGuard(context),
    platform.hostName(vars.node_name),
    ...platform.repositories(vars.base_yum_repositories),
    edited('/etc/hosts', {
      what: 'names of the nodes',
      edit: text => withHosts(text, namesOf(cluster)),
    }),
    platform.install(platform.packages.time),
    platform.service(platform.services.time, { enabled: true, running: true, from: `package ${platform.packages.time.join(' ')}` }),
    ...platform.timeServers(vars.base_time_servers),
    clockOffset(context),
    selinux(),
    firewall(context),
  ]
}

export const base: Role = { name: 'base', summary: 'preflight, host name, /etc/hosts, clocks, what would block the cluster', steps }
