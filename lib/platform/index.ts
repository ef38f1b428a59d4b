import type { Facts } from '../engine/facts.ts'
import { centos6 } from './centos6.ts'
import { debian12 } from './debian12.ts'
import type { Platform } from './platform.ts'

/** By the id and major version that a host's facts have. */
const platforms: Record<string, Platform> = { 'debian 12': debian12, 'centos 6': centos6 }

/** The platform of a host, or undefined when it is none that we know. */
export const platformOf = (facts: Pick<Facts, 'os' | 'version'>): Platform | undefined => platforms[`${facts.os} ${facts.version}`]

export type { Platform } from './platform.ts'
