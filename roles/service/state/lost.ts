import type { DrbdDevice, Platform } from '../../../lib/role-api/index.ts'

/** Since when something lacks, s since 1970 by the node's own clock. Inexact: nothing tells it, and `at` is the boot. */
export interface LostAt {
  at: number
  exact: boolean
}

/** When a node lost what makes the pair redundant; undefined where it has it. */
export interface Lost {
  /** One of both copies ceased to be UpToDate, or was lost from sight. */
  copy: LostAt | undefined
  /** heartbeat ended here. */
  heartbeat: LostAt | undefined
}

/**
 * Behind heartbeat's process in `p`; asks nothing more of a node that lacks nothing. DRBD 8.4 tells a change of a copy's state in the kernel's log, in
 * seconds since the boot: `[  123.456789] drbd drbd: conn( Connected -> Timeout ) pdsk( UpToDate -> DUnknown )` (drbd_state.c, print_state_change).
 */
export const lostScript = ({ services, commands }: Platform): string => `d=''
{ while read -r l; do case $l in *' ds:UpToDate/UpToDate '*) ;; *' ds:'*) d=yes ;; esac; done < /proc/drbd; } 2>/dev/null
[ "\${p:+here}$d" = here ] || while read -r k l _; do [ "$k" != btime ] || echo "boot $l"; done < /proc/stat
[ -z "$d" ] || dmesg 2>/dev/null | grep -E 'drbd.* (pdsk|disk)\\( UpToDate -> ' | tail -n 40
[ -n "$p" ] || echo "heartbeat $(${commands.endedAt(services.heartbeat)})"`

/** Pure: what `lostScript` prints, beside the copies as DRBD has them now. */
export const parseLost = (text: string, device: DrbdDevice | undefined): Lost => {
  const boot = numberIn(text, /^boot (\d+)$/m)
  const ended = numberIn(text, /^heartbeat @(\d+)$/m)
  const heartbeat = /^heartbeat /m.test(text) ? (ended ?? boot) : undefined
  return {
    copy: device && boot !== undefined ? copyLost(text, device, boot) : undefined,
    heartbeat: heartbeat === undefined ? undefined : { at: heartbeat, exact: ended !== undefined },
  }
}

/** A copy is lost since the last time it ceased to be UpToDate; of two, since the first was. */
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
