import type { Resource } from '../../lib/role-api/index.ts'
import { file, packagedScript } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { clusterGuard } from '../service/checks/guard.ts'
import { mountedClients } from '../service/checks/mounted-clients.ts'
import { serves } from '../service/checks/serves.ts'
import { volumeHoldersPath } from '../service/paths.ts'
import { bringUp, noWayBack } from './bring-up.ts'
import { filesReadLive, resourcePrograms, watchFile } from './config.ts'
import { liveFiles } from './live-files.ts'
import { prerequisites } from './prerequisites.ts'

const steps = (context: Context): Resource[] => {
  const { platform, vars } = context
  const watch = watchFile(context)
  return [
    noWayBack(context),
    prerequisites(context),
    ...clusterGuard(context),
    mountedClients(context),
    platform.install(resourcePrograms(vars)),
    ...(watch ? [file(watch.path, { content: watch.content })] : []),
    ...(vars.ha_stack === 'lean'
      ? [file(volumeHoldersPath, { content: packagedScript('roles/integrate/files/volume-holders', {}), mode: 0o755 })]
      : []),
    liveFiles(context, filesReadLive),
    bringUp(context),
    // While a node is being replaced, its heartbeat does not run yet: role rejoin starts it and runs this check.
    ...(vars.ha_replace === undefined ? [serves(context)] : []),
  ]
}

export const integrate: Role = {
  name: 'integrate',
  summary: 'haresources and the resource script; first start of heartbeat; proves that one node serves',
  steps,
}
