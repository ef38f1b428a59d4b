# The state has a volume of its own, in the blocks of ext4's inode 5 (the boot loader's: linux/Documentation/admin-guide/ext4.rst, EXT4_IOC_SWAP_BOOT). They belong to
# the share's file system, so no file gets them and fsck and resize2fs respect them, and they have no name and no file handle (linux/fs/ext4/inode.c,
# EXT4_IGET_HANDLE): no client reaches them. Role drbd-init makes it. debugfs prints `Size: 16777216` and `EXTENTS: (0-4095):38912-43007`, more than one
# range when resize2fs has moved them. In $offset and $size, bytes.
find_volume() {
  found=$(debugfs -c -R 'stat <5>' "$NFSHA_DEVICE" 2>/dev/null)
  case $found in *'Size: '[1-9]*EXTENTS:*) ;; *) return 1 ;; esac
  size=${found#*Size: }; size=${size%%[!0-9]*}
  first=''; next=''
  for range in ${found##*EXTENTS:}; do
    case $range in '('[0-9]*'):'[0-9]*) ;; *) return 1 ;; esac
    case ${range%:*} in *[!\(\)0-9-]*) return 1 ;; esac
    range=${range#*:}; range=${range%,}
    [ -z "$next" ] || [ "${range%-*}" = "$next" ] || return 1
    first=${first:-${range%-*}}
    next=$((${range#*-} + 1))
  done
  [ -n "$first" ] || return 1
  # Whole blocks of a size that ext4 has.
  case $((size % (next - first))):$((size / (next - first))) in 0:1024|0:2048|0:4096) offset=$((first * size / (next - first))) ;; *) return 1 ;; esac
}
