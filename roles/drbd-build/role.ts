import { file } from '../../lib/resources/file.ts'
import { kernelModule } from '../../lib/resources/kernel.ts'
import { packages } from '../../lib/resources/packages.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { clusterGuard } from '../guard.ts'
import type { Context, Role } from '../role.ts'
import { sameVersion } from './version.ts'

const steps = ({ platform }: Context): Resource[] => [
  clusterGuard(platform),
  packages(platform.packages.drbd, { hold: true }),
  file('/etc/modules-load.d/nfsha-drbd.conf', { content: 'drbd\n' }),
  kernelModule('drbd'),
  sameVersion(),
]

export const drbdBuild: Role = { name: 'drbd-build', summary: 'DRBD kernel module and utilities, the same version on both nodes', steps }
