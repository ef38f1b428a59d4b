import { assertion, minorOf, present, probeOf, quote, simple } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { hasDevice } from '../service/drbd/tools.ts'
import { hasLine } from '../service/read-file.ts'

interface Need {
  /** Shell that succeeds when the prerequisite is met. */
  test: string
  missing: string
  role: string
}

/**
 * What the other roles must have set up on the node before heartbeat may manage anything. At stage `vip` only heartbeat itself is needed.
 */
const needs = ({ vars, platform }: Context): Need[] => {
  const { haDir } = platform.paths
  const heartbeat: Need[] = [
    { test: 'command -v cl_status >/dev/null', missing: 'heartbeat is not installed', role: 'heartbeat' },
    { test: `[ -s ${haDir}/ha.cf ]`, missing: `there is no ${haDir}/ha.cf`, role: 'heartbeat' },
    { test: `[ -s ${haDir}/authkeys ]`, missing: `there is no ${haDir}/authkeys`, role: 'heartbeat' },
  ]
  if (vars.ha_stage === 'vip') return heartbeat
  return [
    ...heartbeat,
    {
      test: hasDevice(minorOf(vars.drbd_device)),
      missing: `DRBD has no device ${vars.drbd_device}`,
      role: 'drbd-init',
    },
    { test: `[ -d ${quote(vars.nfs_export_path)} ]`, missing: `there is no mount point ${vars.nfs_export_path}`, role: 'drbd-init' },
    {
      test: platform.nfsPrograms.map(p => `command -v ${p} >/dev/null`).join(' && '),
      missing: 'the NFS server is not installed',
      role: 'nfs',
    },
    { test: hasLine(platform.paths.exports, `'${vars.nfs_export_path} '*`), missing: 'nothing is exported', role: 'nfs' },
  ]
}

/**
 * Everything that is missing, as one list with the role that provides it. Check only, so that this role changes nothing on a bare machine.
 */
export const prerequisites = (context: Context) =>
  assertion('prerequisites', {
    probe: probeOf(
      [
        simple(
          `${needs(context)
            .map(n => `{ ${n.test}; } || echo ${quote(`${n.missing}: run nfsha-play ${n.role} first`)}`)
            .join('\n')}\ntrue`,
        ),
      ],
      ({ stdout }) => present(stdout.split('\n').filter(line => line !== '')),
    ),
    problems: lines => lines,
  })
