# Client state has a separate volume in the blocks of ext4's inode 5 (the boot loader inode: linux/Documentation/admin-guide/ext4.rst, EXT4_IOC_SWAP_BOOT).
# These blocks are allocated in the share's file system, so no file can use them and fsck and resize2fs keep them, but they have no name and no file handle
# (linux/fs/ext4/inode.c, EXT4_IGET_HANDLE), so clients cannot reach them. Role drbd-init creates it. debugfs prints `Size: 16777216` and
# `EXTENTS: (0-4095):38912-43007`, or several ranges after resize2fs has moved them. Sets $offset and $size, in bytes.
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
  # Whole blocks, of a block size that ext4 supports.
  case $((size % (next - first))):$((size / (next - first))) in 0:1024|0:2048|0:4096) offset=$((first * size / (next - first))) ;; *) return 1 ;; esac
}
