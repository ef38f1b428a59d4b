import type { Platform, Resource } from '../../lib/role-api/index.ts'
import { file, minorOf, packagedScript } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { drbdProgram } from '../service/drbd/tools.ts'
import type { Vars } from '../vars.ts'

/** dopd calls `drbdadm` by its PATH (dopd.c), so ours has that name and a directory of its own. */
const directory = '/usr/local/lib/nfsha/dopd'

/** The script with this node's settings. */
export const consent = (vars: Vars): string =>
  packagedScript('roles/heartbeat/files/consent', {
    minor: minorOf(vars.drbd_device),
    drbdadm: drbdProgram(vars, 'drbdadm'),
    drbdsetup: drbdProgram(vars, 'drbdsetup'),
  })

/** How heartbeat starts dopd, which carries DRBD's question to the other node, and has to be root to have drbdadm do it. */
export const dopdLine = (platform: Platform): string =>
  `respawn root /usr/bin/env PATH=${directory}:/usr/sbin:/usr/bin:/sbin:/bin ${platform.paths.heartbeatLibexec}/dopd`

export const consentFile = ({ vars }: Context): Resource => file(`${directory}/drbdadm`, { content: consent(vars), mode: 0o755 })
