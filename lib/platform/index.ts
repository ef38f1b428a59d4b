import { centos6 } from './centos6.ts'
import { debian12 } from './debian12.ts'
import { debian12Sysvinit } from './debian12-sysvinit.ts'
import { debian13 } from './debian13.ts'
import type { Facts } from './facts.ts'
import type { NearestPlatform } from './nearest.ts'
import type { Platform } from './platform.ts'

/** By a host's id, major version and init system. */
export const platforms: Readonly<Record<string, Platform>> = {
  'debian 12 systemd': debian12,
  'debian 12 sysvinit': debian12Sysvinit,
  'debian 13 systemd': debian13,
  // upstart, which runs the scripts of /etc/init.d
  'centos 6 sysvinit': centos6,
}

/** The platform of a host; undefined when it is not supported. */
export const platformOf = ({ os, version, init }: Pick<Facts, 'os' | 'version' | 'init'>): Platform | undefined =>
  platforms[`${os} ${version} ${init}`]

const nearest: Record<NearestPlatform, Platform> = { debian12, debian13 }

/** The platform of an unsupported host, as chosen by the operator. Its packages and paths are assumed, not known. */
export const untestedPlatform = (as: NearestPlatform, { os, version }: Pick<Facts, 'os' | 'version'>): Platform => ({
  ...nearest[as],
  untested: `${`${os} ${version}`.trim()} is not supported; treated as ${nearest[as].name} (accept_untested_platform)`,
})

/** For messages: `Debian 12, Debian 12 with sysvinit, ...`. */
export const supportedSystems = (): string =>
  Object.values(platforms)
    .map(p => p.name)
    .join(', ')

export type { Platform } from './platform.ts'
