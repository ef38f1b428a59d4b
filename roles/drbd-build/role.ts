import type { Resource } from '../../lib/role-api/index.ts'
import { file, kernelModule, link } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { clusterGuard } from '../service/checks/guard.ts'
import { buildPackages, built, compiles } from './built.ts'
import { builtModule } from './loaded.ts'
import { sameVersion } from './version.ts'

const fromPackages = ({ platform }: Context): Resource[] => [
  platform.install(platform.packages.drbd, { hold: platform.packages.drbd }),
  platform.moduleAtBoot('nfsha-drbd', 'drbd'),
  kernelModule('drbd'),
]

/** The module calls drbdadm for its handlers; its default path does not include our prefix (drbd_main.c, usermode_helper). */
const moduleOptions = (prefix: string): string => `# Managed by nfsha-play.\noptions drbd usermode_helper=${prefix}/sbin/drbdadm\n`

const fromSource = (context: Context): Resource[] => {
  const { platform, vars } = context
  const { drbd_build_prefix: prefix } = vars
  const { initDir, haDir } = platform.paths
  return [
    ...(compiles(context) ? [platform.install(buildPackages(context))] : []),
    built(context),
    // The package drbd-utils, if also installed, has its own files there. Only the article stack runs one of them.
    link(`${initDir}/drbd`, `${prefix}${initDir}/drbd`, { optional: true }),
    link(`${haDir}/resource.d/drbddisk`, `${prefix}/etc/ha.d/resource.d/drbddisk`, { optional: vars.ha_stack !== 'article' }),
    file('/etc/modprobe.d/nfsha-drbd.conf', { content: moduleOptions(prefix) }),
    platform.moduleAtBoot('nfsha-drbd', 'drbd'),
    builtModule(context),
  ]
}

const steps = (context: Context): Resource[] => [
  ...clusterGuard(context),
  ...(context.vars.drbd_build_method === 'source' ? fromSource(context) : fromPackages(context)),
  sameVersion(context.vars),
]

export const drbdBuild: Role = { name: 'drbd-build', summary: 'DRBD kernel module and utilities, the same version on both nodes', steps }
