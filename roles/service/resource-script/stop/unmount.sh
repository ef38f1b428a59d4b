release_state() { has_state || return 0; bounded 5 umount "$state" || ! has_state; }
# What works there is ours alone, and has been ended.
unmount_state() {
  wait_for 2 release_state && return 0
  log "$state is busy, ending who holds it: $(timeout -s KILL 5 fuser -v -M -k -KILL -m "$state" 2>&1 | tr -s ' \n' ' ')"
  wait_for 5 release_state
}

release() { mounted || return 0; bounded 5 umount "$NFSHA_MOUNT" || ! mounted; }

# -M: only what is a mount point, never the file system that a mount point lies on.
users() { timeout -s KILL 5 fuser -M "$@" "$NFSHA_MOUNT" 2>&1; }

# free_volume SECONDS: ends what else holds the volume (mounts below it or of it elsewhere, loop devices, swap files, processes), and says what it was.
free_volume() {
  [ -x "$holders" ] || return 0
  bounded "$1" "$holders" end > $memory/ended
  ended=''; while read -r what; do ended="$ended${ended:+; }$what"; done < $memory/ended
  [ -z "$ended" ] || log "$NFSHA_MOUNT was held, ended for the stop: $ended"
}

unmount() {
  release && return 0
  exportfs -f
  wait_for 1 release && return 0
  free_volume 10
  wait_for 3 release && return 0
  # Somebody works in /data: the service of all clients goes before one local process, but it is said who it was.
  log "$NFSHA_MOUNT is busy, ending who holds it: $(users -v -m | tr -s ' \n' ' ')"
  users -k -TERM -m >/dev/null
  wait_for 3 release && return 0
  users -k -KILL -m >/dev/null
  wait_for 5 release
}
