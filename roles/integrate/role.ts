import { readFileSync } from 'node:fs'
import { directory } from '../../lib/resources/directory.ts'
import { packages } from '../../lib/resources/packages.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { clusterGuard } from '../guard.ts'
import { packagedFile } from '../packaged.ts'
import type { Context, Role } from '../role.ts'
import { bringUp, noWayBack } from './bring-up.ts'
import { haresources, settings } from './config.ts'
import { liveFiles } from './live-files.ts'
import { prerequisites } from './prerequisites.ts'
import { serves } from './verify.ts'

const steps = (context: Context): Resource[] => {
  const { vars, platform, cluster } = context
  const { haDir } = platform.paths
  const script = readFileSync(packagedFile('roles/integrate/files/nfsha'), 'utf8')
  return [
    noWayBack(context),
    prerequisites(context),
    clusterGuard(platform),
    packages(['psmisc']),
    directory(`${haDir}/resource.d`),
    liveFiles(context, [
      { path: `${haDir}/nfsha.conf`, options: { content: settings(vars) } },
      { path: `${haDir}/resource.d/nfsha`, options: { content: script, mode: 0o755 } },
      { path: `${haDir}/haresources`, options: { content: haresources(cluster) } },
    ]),
    bringUp(context),
    serves(context),
  ]
}

export const integrate: Role = {
  name: 'integrate',
  summary: 'haresources and the resource script; first start of heartbeat; proves that one node serves',
  steps,
}
