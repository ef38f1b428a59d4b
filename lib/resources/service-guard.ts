import type { FileState } from './file.ts'
import { file } from './file.ts'
import type { HostResource } from './resource.ts'

/**
 * Prevents maintainer scripts of packages from starting, stopping or restarting the cluster's services, now and at every later upgrade.
 * Other services are not affected. invoke-rc.d(8) and deb-systemd-invoke(1p) ask /usr/sbin/policy-rc.d; 101: "action forbidden by policy".
 */
export const serviceGuard = (services: string[]): HostResource<FileState> =>
  file('/usr/sbin/policy-rc.d', { content: guardScript(services), mode: 0o755, shared: true })

/** Pure: the script. Service names come with and without their unit suffix. */
export const guardScript = (services: string[]): string => `#!/bin/sh
# Managed by nfsha-play: the cluster decides when these run, not a package's installation or upgrade.
for argument; do
  case \${argument%.*} in
    ${[...new Set(services)].join('|')}) exit 101 ;;
  esac
done
exit 0
`
