import { quote } from './quote.ts'

/**
 * Shell function `not_blank DEVICE`: prints why a device is not known to be empty, nothing when it is. Blank means: a block device that
 * nothing holds or mounts, without any signature that wipefs(8) or blkid(8) knows (file system, LVM, RAID, partition table, DRBD), and
 * whose first and last MiB are zero. It is run in the same script as the write it guards.
 */
export const notBlank = `
not_blank() {
  d=$(readlink -f "$1") || { echo "$1 does not exist"; return; }
  [ -b "$d" ] || { echo "$1 is no block device"; return; }
  k=\${d##*/}
  if [ -n "$(ls "/sys/class/block/$k/holders" 2>/dev/null)" ]; then echo "in use by $(ls "/sys/class/block/$k/holders" | tr '\\n' ' ')"; return; fi
  if ls -d "/sys/class/block/$k/$k"?* >/dev/null 2>&1; then echo "it has partitions"; return; fi
  if grep -q "^$d " /proc/mounts /proc/swaps; then echo "it is mounted or used as swap"; return; fi
  s=$(wipefs -n -p "$d" 2>&1 | grep -v '^#' | cut -d, -f4 | tr '\\n' ' ')
  [ -z "$s" ] || { echo "it holds a signature: $s"; return; }
  n=$(blockdev --getsize64 "$d") || { echo "its size cannot be read"; return; }
  [ "$n" -ge 2097152 ] || { echo "it is smaller than 2 MiB"; return; }
  cmp -s -n 1048576 "$d" /dev/zero || { echo "its first MiB is not zero"; return; }
  cmp -s -n 1048576 -i "$((n - 1048576)):0" "$d" /dev/zero || echo "its last MiB is not zero"
}
`

/** A probe's line for one device: what makes it not blank, or `blank`. */
export const blankProbe = (device: string): string => `${notBlank}\nr=$(not_blank ${quote(device)}); echo "\${r:-blank}"`
