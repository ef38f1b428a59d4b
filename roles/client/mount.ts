import type { HostResource } from '../../lib/role-api/index.ts'
import { absent, differsBy, inSync, present, refused, unknown } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { vipAddress } from '../role.ts'
import { versionProblem } from '../service/nfs/version3.ts'

/**
 * The share, mounted through the virtual IP. Only /proc/mounts is read, never the mount itself: an unreachable server must not hang the
 * probe.
 */
export const vipMount = ({ vars }: Context): HostResource<string> => {
  const source = `${vipAddress(vars)}:${vars.nfs_export_path}`
  return {
    scope: 'host',
    id: `mount ${vars.client_mount}`,
    probe: {
      sh: `command -v mount.nfs >/dev/null || exit 45; grep ' ${vars.client_mount} ' /proc/mounts`,
      parse({ code, stdout }) {
        if (code === 45) return unknown('package nfs-common')
        return stdout.trim() === '' ? absent : present(stdout.split(' ')[0] ?? '')
      },
    },
    compare(actual) {
      const problem = versionProblem(vars)
      if (problem) return refused(problem)
      if (actual.kind === 'absent') return differsBy([{ attribute: 'mounted', from: '', to: source }])
      return actual.state === source ? inSync : refused(`${vars.client_mount} is used by another mount: ${actual.state}`)
    },
    async apply($) {
      await $`mkdir -p ${vars.client_mount}; timeout 90 mount -t nfs -o ${vars.client_options} ${source} ${vars.client_mount}`
    },
  }
}
