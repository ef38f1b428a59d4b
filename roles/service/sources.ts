import type { Source } from '../../lib/role-api/index.ts'
import { simple, text } from '../../lib/role-api/index.ts'

// What many probes of the roles read: each is read once for all of them.

/** `1: em1    inet 192.168.0.210/24 ...`, a line for each address. */
export const addresses: Source = simple('ip -o -4 addr show')

/** proc(5): `DEVICE PATH TYPE OPTIONS 0 0` */
export const mounts: Source = text('/proc/mounts')

export const procDrbd: Source = text('/proc/drbd')

/** The name that the node has now. */
export const hostName: Source = simple('uname -n')

/** Pure: whether `addresses` has this one. */
export const hasAddressIn = (text: string, ip: string): boolean => text.includes(` inet ${ip}/`)

/** Pure: the lines of `mounts` that begin with these words. */
export const mountLines = (text: string, ...words: string[]): string[] =>
  text.split('\n').filter(line => line.startsWith(`${words.join(' ')} `))
