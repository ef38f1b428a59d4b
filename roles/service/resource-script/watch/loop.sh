# In $f, a file of the watch that is newer than its mark.
newer_file() {
  # shellcheck disable=SC3013 # dash, bash and BusyBox have -nt
  for f in "$0" /etc/ha.d/nfsha.conf /etc/ha.d/nfsha-watch.conf; do [ "$f" -nt $memory/watch ] && return 0; done
  return 1
}

# What others tell a watch by that lives and does its work: its number is in $memory/watch, the uptime of its latest look (hundredths of a second) here.
# Both are in memory, and neither costs a fork.
show_life() { uptime; echo "$up" > $memory/tick; }

# By a watch that starts, and by one that is about to become another version before that is read: what is written meanwhile is newer again.
note_files() {
  echo $$ > $memory/watch
  # The clock may be behind, and all of them newer for ever.
  while newer_file && touch -r "$f" $memory/watch; do :; done
}

watch() {
  # shellcheck source=/dev/null
  . /etc/ha.d/nfsha-watch.conf
  known=''; seen=0; missed=0; heard=0; rest=0; stuck=0; tick=0; latest=''; next_connect=0; pause=40
  { read -r latest < $memory/watch; } 2>/dev/null
  [ "$latest" = $$ ] || note_files
  "$reset_node" --boot 2>/dev/null
  # What heartbeat starts from now on, its own scripts and this one, runs before the work of the clients that wait for it.
  renice -n -15 -p "$PPID" >/dev/null
  while :; do
    # A new version of this script or of its settings takes over by itself; of two watches the later one stays.
    if newer_file; then note_files; exec "$0" watch; fi
    read -r latest < $memory/watch; [ "$latest" = $$ ] || exit 0
    tick=$((tick + 1))
    show_life
    if [ -s "$serving" ]; then watch_holder; else watch_standby; fi
    watch_connection
    [ $((tick % 20)) != 2 ] || note_peer_nic
    sleep 1
  done
}
