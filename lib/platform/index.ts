import type { Facts } from '../engine/facts.ts'
import { debian12 } from './debian12.ts'
import type { Platform } from './platform.ts'

/** The platform of a host, or undefined when it is none that we know. */
export const platformOf = (facts: Pick<Facts, 'os' | 'version'>): Platform | undefined =>
  facts.os === 'debian' && facts.version === '12' ? debian12 : undefined

export type { Platform } from './platform.ts'
