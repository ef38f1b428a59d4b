try_unmount_state() { has_state || return 0; bounded 5 umount "$state" || ! has_state; }
# Only our own daemons use it, and they have been stopped.
unmount_state() {
  wait_for 2 try_unmount_state && return 0
  log "$state is busy; killing: $(timeout -s KILL 5 fuser -v -M -k -KILL -m "$state" 2>&1 | tr -s ' \n' ' ')"
  wait_for 5 try_unmount_state
}

try_unmount() { mounted || return 0; bounded 5 umount "$NFSHA_MOUNT" || ! mounted; }

# -M: only if the path is a mount point, never the file system that contains it.
users() { timeout -s KILL 5 fuser -M "$@" "$NFSHA_MOUNT" 2>&1; }

# free_volume SECONDS: removes other users of the volume (mounts below it or elsewhere, loop devices, swap files, processes), and logs them.
free_volume() {
  [ -x "$holders" ] || return 0
  bounded "$1" "$holders" end > $memory/ended
  ended=''; while read -r what; do ended="$ended${ended:+; }$what"; done < $memory/ended
  [ -z "$ended" ] || log "$NFSHA_MOUNT was in use; released for the stop: $ended"
}

unmount() {
  try_unmount && return 0
  exportfs -f
  wait_for 1 try_unmount && return 0
  free_volume 10
  wait_for 3 try_unmount && return 0
  # A local process uses /data. Serving all clients is more important than one process, but log which one it was.
  log "$NFSHA_MOUNT is busy; killing: $(users -v -m | tr -s ' \n' ' ')"
  users -k -TERM -m >/dev/null
  wait_for 3 try_unmount && return 0
  users -k -KILL -m >/dev/null
  wait_for 5 try_unmount
}
