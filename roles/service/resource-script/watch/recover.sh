# Two nodes with the same problem must not hand the service back and forth. Measured by uptime, because somebody may set the clock.
may_hand_over() {
  last=''
  [ -r $memory/handed-over ] && read -r last < $memory/handed-over
  uptime; [ -z "$last" ] || [ $((up - last)) -ge $((NFSHA_DAMPING * 100)) ]
}
hand_over_because() {
  missed=0
  log "$1: handing over"
  hand_over && echo "$up" > $memory/handed-over # nfsha-watch.conf
}

# Hands a failed service over, or restarts it here if the peer is not fit or there was a handover a moment ago.
recover() {
  if may_hand_over && peer_is_fit; then
    hand_over_because "$1"
  else
    log "$1: restarting the service here"
    lock 5 || return 0
    if [ -s "$serving" ]; then start; fi
    unlock
  fi
}

# The active node: saves the list of connections every second, checks its health every two. It acts on the second failed check in a row, and only if
# no stop has begun meanwhile.
watch_active() {
  # Checks right after a takeover would delay the returning clients by a tenth of a second.
  [ "$rest" = 0 ] || { rest=$((rest - 1)); return; }
  save_connections
  [ $((tick % 2)) = 0 ] || return 0
  repair_helpers
  why=$(health_problem)
  if [ -z "$why" ]; then seen=0; else seen=$((seen + 1)); fi
  if [ "$seen" -ge 2 ] && [ -s "$serving" ]; then seen=0; recover "$why"; fi
}
