import type { Resource } from '../../lib/role-api/index.ts'
import { file } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { clusterGuard } from '../service/checks/guard.ts'
import { authkeys } from './authkeys.ts'
import { consentFile } from './consent.ts'
import { fencing } from './fencing.ts'
import { heartbeatRestart } from './restart.ts'
import { sameOnBoth } from './same.ts'
import { shortShellfuncs } from './shellfuncs.ts'
import { heartbeatFiles } from './stacks.ts'
import { watchdog } from './watchdog.ts'

const restart = 'restart heartbeat'

const steps = (context: Context): Resource[] => {
  const { platform, vars, cluster } = context
  const cf = `${platform.paths.haDir}/ha.cf`
  const keys = `${platform.paths.haDir}/authkeys`
  return [
    ...clusterGuard(context),
    platform.install(platform.packages.heartbeat, { hold: platform.packages.heartbeat }),
    ...platform.heartbeatFollowed(),
    ...(vars.ha_stack === 'lean' ? [...shortShellfuncs(context), consentFile(context)] : []),
    platform.service(platform.services.heartbeat, {
      enabled: vars.ha_boot_start,
      from: `package ${platform.packages.heartbeat.join(' ')}`,
    }),
    ...watchdog(context),
    ...fencing(context),
    authkeys(context),
    file(cf, { content: heartbeatFiles[vars.ha_stack].haCf(cluster, platform), notify: [restart] }),
    sameOnBoth([cf, keys]),
  ]
}

export const heartbeat: Role = {
  name: 'heartbeat',
  summary: 'package, ha.cf and authkeys, the same on both nodes; starts nothing',
  steps,
  handlers: context => [heartbeatRestart(restart, context)],
}
