# Sets $f to a file of the watch that is newer than the running watch.
newer_file() {
  # shellcheck disable=SC3013 # dash, bash and BusyBox have -nt
  for f in "$0" /etc/ha.d/nfsha.conf /etc/ha.d/nfsha-watch.conf; do [ "$f" -nt $memory/watch ] && return 0; done
  return 1
}

# Shows others that the watch works: its PID is in $memory/watch, the uptime of its latest check (hundredths of a second) in $memory/tick. Neither
# costs a fork.
record_tick() { uptime; echo "$up" > $memory/tick; }

# Called by a watch that starts, and by one that is about to restart as another version. The latter calls it before the new files are read, so that a
# later write counts as newer again.
note_files() {
  echo $$ > $memory/watch
  # If the clock is behind, these files would stay newer forever.
  while newer_file && touch -r "$f" $memory/watch; do :; done
}

# Scripts that heartbeat starts from now on, this one too, get priority over other work, because clients wait for them. If the kernel groups processes
# by session, a nice value only counts within the group, so the group gets one as well (sched(7), "The autogroup feature").
raise_priority() {
  renice -n -15 -p "$PPID" >/dev/null
  [ ! -e "/proc/$PPID/autogroup" ] || echo -15 > "/proc/$PPID/autogroup"
} 2>/dev/null

watch() {
  # shellcheck source=/dev/null
  . /etc/ha.d/nfsha-watch.conf
  known=''; seen=0; missed=0; heard=0; rest=0; stuck=0; tick=0; latest=''; next_connect=0; pause=40
  { read -r latest < $memory/watch; } 2>/dev/null
  [ "$latest" = $$ ] || note_files
  "$reset_node" --boot 2>/dev/null
  raise_priority
  while :; do
    # Restart if this script or its settings changed; if two watches run, the later one stays.
    if newer_file; then note_files; exec "$0" watch; fi
    read -r latest < $memory/watch; [ "$latest" = $$ ] || exit 0
    tick=$((tick + 1))
    record_tick
    if [ -s "$serving" ]; then watch_active; else watch_standby; fi
    watch_connection
    [ $((tick % 20)) != 2 ] || note_peer_nic
    sleep 1
  done
}
