# Loads the programs of a takeover into the page cache, which a node that booted as standby has not run yet. None of these calls changes anything.
preload() {
  for command in 'nfsdcld -h' 'rpc.nfsd -h' 'timeout 1 true' 'unshare -V' 'mount -V' 'sm-notify -h' 'cl_status hbstatus' "drbdsetup role $NFSHA_MINOR" 'debugfs -V' 'dd --version' \
    "$NFSHA_HELPERS/send_arp" "$NFSHA_HELPERS/tickle_tcp -h"; do
    $command
  done </dev/null >/dev/null 2>&1
}

# heartbeat starts a resource once and assumes success even if it failed.
meant_to_serve() { case $(cl_status rscstatus 2>/dev/null) in all|"${NFSHA_OWN:-all}") ;; *) return 1 ;; esac; }
retry_failed_start() {
  # If the peer is Primary, it serves.
  if [ ! -s "$failed_start" ] || owner_is_alive || first_line /proc/drbd "$NFSHA_MINOR: * ro:Secondary/Primary *" || ! meant_to_serve; then
    missed=0; heard=0
    return
  fi
  # Both conditions twice in a row: heartbeat must have finished its transition, and it restarts itself two seconds after it hears a peer again that it
  # considered dead.
  missed=$((missed + 1))
  if peer_is_heard; then heard=$((heard + 1)); else heard=0; fi
  [ "$missed" -ge 2 ] && [ "$heard" != 1 ] && lock 0 || return 0
  # Another start may have succeeded meanwhile.
  if read -r why < "$failed_start"; then retry_or_hand_over "$why"; fi
  unlock
}
retry_or_hand_over() {
  if [ "$1" != primary ]; then
    if may_hand_over && peer_is_fit; then hand_over_because "the service could not be started here"; else retry_start; fi
  # After a power loss of both nodes, the first one back cannot know whether its copy is the newest, and must not become Primary until both are connected.
  elif first_line /proc/drbd "$NFSHA_MINOR: * ro:Secondary/Secondary ds:UpToDate/*"; then
    retry_start
  elif [ "$heard" != 0 ]; then
    if may_hand_over; then hand_over_because "this node's copy of the data must not be used"; fi
  # It was refused while the peer was alive; now DRBD and fence-peer decide again.
  elif first_line /proc/drbd "$NFSHA_MINOR: * ro:Secondary/Unknown ds:UpToDate/*"; then
    retry_start
  fi
}
retry_start() {
  missed=0
  log "the service could not be started here: trying again"
  start || stop
}

# The standby: prepares for a takeover.
watch_standby() {
  known=''; seen=0; rest=2
  [ $((tick % 5)) != 0 ] || retry_failed_start
  [ $((tick % 20)) != 1 ] || prewarm
  [ $((tick % 600)) != 1 ] || preload
}
