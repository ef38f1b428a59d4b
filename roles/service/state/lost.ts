import type { DrbdDevice, Platform } from '../../../lib/role-api/index.ts'

/** Since when something is missing, in seconds since 1970 by the node's own clock. Inexact: the time is unknown, and `at` is the boot. */
export interface LostAt {
  at: number
  exact: boolean
}

/** When a node lost what makes the pair redundant; undefined where nothing is lost. */
export interface Lost {
  /** One of the two copies stopped being UpToDate, or became unknown. */
  copy: LostAt | undefined
  /** heartbeat ended here. */
  heartbeat: LostAt | undefined
}

/**
 * Needs the PID of heartbeat in `p`; runs almost nothing on a node that has lost nothing. DRBD 8.4 logs changes of a copy's state in the
 * kernel log, with seconds since boot: `[  123.456789] drbd drbd: conn( Connected -> Timeout ) pdsk( UpToDate -> DUnknown )` (drbd_state.c,
 * print_state_change).
 */
export const lostScript = ({ services, commands }: Platform): string => `d=''
{ while read -r l; do case $l in *' ds:UpToDate/UpToDate '*) ;; *' ds:'*) d=yes ;; esac; done < /proc/drbd; } 2>/dev/null
[ "\${p:+here}$d" = here ] || while read -r k l _; do [ "$k" != btime ] || echo "boot $l"; done < /proc/stat
[ -z "$d" ] || dmesg 2>/dev/null | grep -E 'drbd.* (pdsk|disk)\\( UpToDate -> ' | tail -n 40
[ -n "$p" ] || echo "heartbeat $(${commands.endedAt(services.heartbeat)})"`

/** Pure: parses the output of `lostScript`, given the current state of DRBD's copies. */
export const parseLost = (text: string, device: DrbdDevice | undefined): Lost => {
  const boot = numberIn(text, /^boot (\d+)$/m)
  const ended = numberIn(text, /^heartbeat @(\d+)$/m)
  const heartbeat = /^heartbeat /m.test(text) ? (ended ?? boot) : undefined
  return {
    copy: device && boot !== undefined ? copyLost(text, device, boot) : undefined,
    heartbeat: heartbeat === undefined ? undefined : { at: heartbeat, exact: ended !== undefined },
  }
}

/** A copy is lost since it last stopped being UpToDate; if both are lost, the earlier time counts. */
const copyLost = (text: string, { disk, peerDisk }: DrbdDevice, boot: number): LostAt | undefined => {
  const sides = [...(disk === 'UpToDate' ? [] : ['disk']), ...(peerDisk === 'UpToDate' ? [] : ['pdsk'])]
  const times = sides.map(side => [...text.matchAll(new RegExp(`^\\[ *(\\d+)\\.\\d+\\].* ${side}\\( UpToDate -> `, 'gm'))].at(-1)?.[1])
  if (times.length === 0) return undefined
  if (times.includes(undefined)) return { at: boot, exact: false }
  return { at: boot + Math.min(...times.map(Number)), exact: true }
}

const numberIn = (text: string, pattern: RegExp): number | undefined => {
  const found = pattern.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
