import { readFileSync } from 'node:fs'
import { directory } from '../../lib/resources/directory.ts'
import { packages } from '../../lib/resources/packages.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { clusterGuard } from '../guard.ts'
import { packagedFile } from '../packaged.ts'
import type { Context, Role } from '../role.ts'
import { vipAddress } from '../role.ts'
import { bringUp, noWayBack } from './bring-up.ts'
import { haresources, settings } from './config.ts'
import { liveFile } from './live-file.ts'
import { prerequisites } from './prerequisites.ts'
import { serves } from './verify.ts'

const steps = (context: Context): Resource[] => {
  const { vars, platform, cluster } = context
  const { haDir } = platform.paths
  const vip = vipAddress(vars)
  const script = readFileSync(packagedFile('roles/integrate/files/nfsha'), 'utf8')
  return [
    noWayBack(context),
    prerequisites(context),
    clusterGuard(platform),
    packages(['psmisc']),
    directory(`${haDir}/resource.d`),
    liveFile(`${haDir}/nfsha.conf`, { content: settings(vars) }, vip),
    liveFile(`${haDir}/resource.d/nfsha`, { content: script, mode: 0o755 }, vip),
    liveFile(`${haDir}/haresources`, { content: haresources(cluster) }, vip),
    bringUp(context),
    serves(context),
  ]
}

export const integrate: Role = {
  name: 'integrate',
  summary: 'haresources and the resource script; first start of heartbeat; proves that one node serves',
  steps,
}
