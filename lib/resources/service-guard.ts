import type { FileState } from './file.ts'
import { file } from './file.ts'
import type { HostResource } from './resource.ts'

/**
 * Denies maintainer scripts of packages to start, stop or restart the services that belong to the cluster, now and at every later upgrade;
 * all other services are as before. invoke-rc.d(8) and deb-systemd-invoke(1p) ask /usr/sbin/policy-rc.d; 101 is "action forbidden by policy".
 */
export const serviceGuard = (services: string[]): HostResource<FileState> =>
  file('/usr/sbin/policy-rc.d', { content: guardScript(services), mode: 0o755, shared: true })

/** Pure: the script. Services come with and without their unit suffix. */
export const guardScript = (services: string[]): string => `#!/bin/sh
# Managed by nfsha-play: the cluster decides when these run, not a package's installation or upgrade.
for argument; do
  case \${argument%.*} in
    ${[...new Set(services)].join('|')}) exit 101 ;;
  esac
done
exit 0
`
