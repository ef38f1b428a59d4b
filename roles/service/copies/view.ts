import { quote } from '../../../lib/role-api/index.ts'

/** mount(8): nothing on a copy that is only looked at is run, or opened as a device. */
const options = 'ro,nodev,nosuid,noexec'

/**
 * Shell that mounts the ext4 on a disk (`disk` is a word of the shell) and runs `body` with it at `$view`, without a write to the disk, which may be held by DRBD as Secondary: it is read
 * through a read-only loop device, past the page cache, because DRBD writes below that. A file system that was not unmounted needs its journal: it is
 * replayed into a sparse file, by a device-mapper snapshot over the loop device. `$how` says what was mounted: `clean`, `replayed`, or `not replayed`
 * where device-mapper is missing, and then the last writes may be missing too. The mounts are in a mount namespace of their own, so that they end with
 * the script, however it ends.
 */
export const inView = (disk: string, body: string): string => `mkdir -p /var/lib/nfsha-play
unshare -m sh -c ${quote(`mount --make-rprivate / 2>/dev/null
d=$1 loop='' cow='' dm=''
t=$(mktemp -d /var/lib/nfsha-play/view.XXXXXX) || exit 1
view=$t/view
leave() {
  cd /
  umount "$view" 2>/dev/null
  # It looks into every new device.
  [ -z "$dm" ] || { udevadm settle 2>/dev/null; dmsetup remove --retry "$dm" 2>/dev/null || dmsetup remove "$dm"; }
  for l in $cow $loop; do losetup -d "$l" 2>/dev/null; done
  rm -f "$t"/*.list "$t/cow"; rmdir "$view" "$t"
}
trap leave EXIT; trap 'exit 1' HUP INT TERM
mkdir "$view"
loop=$(losetup -r -f --show "$d") || exit 1
losetup --direct-io=on "$loop" 2>/dev/null || blockdev --flushbufs "$d"
mounted() { mount -t ext4 -o "$1" "$2" "$view" 2>/dev/null; }
snapshot() {
  modprobe dm_snapshot 2>/dev/null
  command -v dmsetup >/dev/null && truncate -s 2G "$t/cow" || return 1
  cow=$(losetup -f --show "$t/cow") || return 1
  rm -f "$t/cow"
  dmsetup create "nfsha-view-$$" --table "0 $(blockdev --getsz "$loop") snapshot $loop $cow N 8" 2>/dev/null || return 1
  dm=nfsha-view-$$
}
if mounted ${options} "$loop"; then how=clean
elif snapshot && mounted ${options} "/dev/mapper/$dm"; then how=replayed
elif mounted ${options},noload "$loop"; then how='not replayed'
else echo "there is no ext4 on $d that can be mounted" >&2; exit 1
fi
# The kernel ends them with their last use, also when this script is killed.
for l in $cow $loop; do losetup -d "$l" 2>/dev/null; done
${body}`)} sh ${disk}`
