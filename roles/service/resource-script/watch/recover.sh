# Two nodes with the same trouble must not throw the service at each other. By the uptime: the clock may be set.
may_hand_over() {
  last=''
  [ -r $memory/gave-away ] && read -r last < $memory/gave-away
  uptime; [ -z "$last" ] || [ $((up - last)) -ge $((NFSHA_DAMPING * 100)) ]
}
give_away() {
  missed=0
  log "$1: handing over"
  hand_over && echo "$up" > $memory/gave-away # nfsha-watch.conf
}

# Hands a broken service over, or mends it here when the peer is not fit or was given it a moment ago.
react() {
  if may_hand_over && peer_is_fit; then
    give_away "$1"
  else
    log "$1: starting it again here"
    lock 5 || return 0
    if [ -s "$serving" ]; then start; fi
    unlock
  fi
}

# The holder: its list of clients every second, its health every other. Twice in a row, and still meant to serve: a stop that has begun
# meanwhile is no fault.
watch_holder() {
  # Its looks cost clients that are just coming back a tenth of a second.
  [ "$rest" = 0 ] || { rest=$((rest - 1)); return; }
  save_connections
  [ $((tick % 2)) = 0 ] || return 0
  helpers
  why=$(broken)
  if [ -z "$why" ]; then seen=0; else seen=$((seen + 1)); fi
  if [ "$seen" -ge 2 ] && [ -s "$serving" ]; then seen=0; react "$why"; fi
}
