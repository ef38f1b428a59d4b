import { quote } from '../../../lib/role-api/index.ts'

/** mount(8): a copy that is only inspected must not run programs or open devices. */
const options = 'ro,nodev,nosuid,noexec'

/**
 * Shell that mounts the ext4 on a disk (`disk` is a shell word) and runs `body` with it at `$view`, without writing to the disk, which DRBD
 * may hold as Secondary. The disk is read through a read-only loop device, bypassing the page cache, because DRBD writes below that. If the
 * file system was not unmounted cleanly, its journal is replayed into a sparse file, with a device-mapper snapshot over the loop device.
 * `$how` is `clean`, `replayed`, or `not replayed` if device-mapper is missing; then the last writes may be missing too. The mounts are in
 * a separate mount namespace, so that they disappear with the script, however it ends.
 */
export const inView = (disk: string, body: string): string => `mkdir -p /var/lib/nfsha-play
unshare -m sh -c ${quote(`mount --make-rprivate / 2>/dev/null
d=$1 loop='' cow='' dm=''
t=$(mktemp -d /var/lib/nfsha-play/view.XXXXXX) || exit 1
view=$t/view
leave() {
  cd /
  umount "$view" 2>/dev/null
  # udev opens every new device.
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
# The kernel detaches them after their last use, also when this script is killed.
for l in $cow $loop; do losetup -d "$l" 2>/dev/null; done
${body}`)} sh ${disk}`
