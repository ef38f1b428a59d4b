import type { Platform, Resource } from '../../lib/role-api/index.ts'
import { file, minorOf, packagedScript } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { drbdProgram } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'

/** dopd finds `drbdadm` through PATH (dopd.c), so our wrapper has that name and a directory of its own. */
const directory = '/usr/local/lib/nfsha/dopd'

/** The wrapper script with this node's settings. */
export const consent = (vars: Vars): string =>
  packagedScript('roles/heartbeat/files/consent', {
    minor: minorOf(vars.drbd_device),
    drbdadm: drbdProgram(vars, 'drbdadm'),
    drbdsetup: drbdProgram(vars, 'drbdsetup'),
  })

/** The line of ha.cf that starts dopd, which passes DRBD's outdate request to the other node. It must be root to run drbdadm. */
export const dopdLine = (platform: Platform): string =>
  `respawn root /usr/bin/env PATH=${directory}:/usr/sbin:/usr/bin:/sbin:/bin ${platform.paths.heartbeatLibexec}/dopd`

export const consentFile = ({ vars }: Context): Resource => file(`${directory}/drbdadm`, { content: consent(vars), mode: 0o755 })
