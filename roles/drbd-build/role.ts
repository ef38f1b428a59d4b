import { kernelModule } from '../../lib/resources/kernel.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { clusterGuard } from '../guard.ts'
import type { Context, Role } from '../role.ts'
import { sameVersion } from './version.ts'

const steps = (context: Context): Resource[] => {
  const { platform } = context
  return [
    ...clusterGuard(context),
    platform.install(platform.packages.drbd, { hold: true }),
    platform.moduleAtBoot('nfsha-drbd', 'drbd'),
    kernelModule('drbd'),
    sameVersion(),
  ]
}

export const drbdBuild: Role = { name: 'drbd-build', summary: 'DRBD kernel module and utilities, the same version on both nodes', steps }
