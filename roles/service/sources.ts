import type { Source } from '../../lib/role-api/index.ts'
import { quote, simple, text } from '../../lib/role-api/index.ts'

// Sources that many probes of the roles share: each is read once for all of them.

/** `1: em1    inet 192.168.0.210/24 ...`, one line per address. */
export const addresses: Source = simple('ip -o -4 addr show')

/** proc(5): `DEVICE PATH TYPE OPTIONS 0 0` */
export const mounts: Source = text('/proc/mounts')

export const procDrbd: Source = text('/proc/drbd')

/** `1763999000.123456789 5000.00`: the node's time in seconds since 1970 and its uptime in seconds, read at the same moment. */
export const clock: Source = simple('u=; read -r u _ < /proc/uptime; date "+%s.%N $u"')

/**
 * The first bytes of the superblock of an ext4 on this disk, in hex (linux/fs/ext4/ext4.h, struct ext4_super_block): 136 bytes from offset
 * 1024, enough for all users. Bypasses the page cache: DRBD writes below it, so cached blocks of a backing disk are stale.
 */
export const superblockOn = (disk: string): Source =>
  simple(`dd if=${quote(disk)} iflag=direct bs=4096 count=1 2>/dev/null | od -An -v -tx1 -j1024 -N136`)

/** The node's current host name. */
export const hostName: Source = simple('uname -n')

/** Pure: whether the output of `addresses` contains this address. */
export const hasAddressIn = (text: string, ip: string): boolean => text.includes(` inet ${ip}/`)

/** Pure: the lines of `mounts` that start with these words. */
export const mountLines = (text: string, ...words: string[]): string[] =>
  text.split('\n').filter(line => line.startsWith(`${words.join(' ')} `))
