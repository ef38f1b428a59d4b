import { centos6 } from './centos6.ts'
import { debian12 } from './debian12.ts'
import { debian12Sysvinit } from './debian12-sysvinit.ts'
import type { Facts } from './facts.ts'
import type { Platform } from './platform.ts'

/** By the id, major version and init that a host's facts have. */
const platforms: Record<string, Platform> = {
  'debian 12 systemd': debian12,
  'debian 12 sysvinit': debian12Sysvinit,
  // upstart, which runs the scripts of /etc/init.d
  'centos 6 sysvinit': centos6,
}

/** The platform of a host, or undefined when it is none that we know. */
export const platformOf = ({ os, version, init }: Pick<Facts, 'os' | 'version' | 'init'>): Platform | undefined =>
  platforms[`${os} ${version} ${init}`]

export type { Platform } from './platform.ts'
