# What a takeover runs, and a node that has booted as standby has not run yet, is in memory then: none of these does anything.
read_in() {
  for command in 'nfsdcld -h' 'rpc.nfsd -h' 'timeout 1 true' 'unshare -V' 'mount -V' 'sm-notify -h' 'cl_status hbstatus' "drbdsetup role $NFSHA_MINOR" 'debugfs -V' 'dd --version' \
    "$NFSHA_HELPERS/send_arp" "$NFSHA_HELPERS/tickle_tcp -h"; do
    $command
  done </dev/null >/dev/null 2>&1
}

# heartbeat calls a start once, and goes on to believe that the service is here, whatever has become of that.
meant_to_serve() { case $(cl_status rscstatus 2>/dev/null) in all|"${NFSHA_OWN:-all}") ;; *) return 1 ;; esac; }
make_up() {
  # Where the peer is Primary it serves.
  if [ ! -s "$failed_start" ] || owner_lives || first_line /proc/drbd "$NFSHA_MINOR: * ro:Secondary/Primary *" || ! meant_to_serve; then
    missed=0; heard=0
    return
  fi
  # Each twice in a row: heartbeat must have come to rest, and restarts itself two seconds after it has heard a peer that it had given up.
  missed=$((missed + 1))
  if peer_is_heard; then heard=$((heard + 1)); else heard=0; fi
  [ "$missed" -ge 2 ] && [ "$heard" != 1 ] && lock 0 || return 0
  # heartbeat may have called one meanwhile that ended well.
  if read -r why < "$failed_start"; then make_up_for "$why"; fi
  unlock
}
make_up_for() {
  if [ "$1" != primary ]; then
    if may_hand_over && peer_is_fit; then give_away "it could not be started here"; else start_again; fi
  # When both nodes had lost power, the first one back cannot know that its copy is the newest, and is not allowed to become primary until both have met.
  elif first_line /proc/drbd "$NFSHA_MINOR: * ro:Secondary/Secondary ds:UpToDate/*"; then
    start_again
  elif [ "$heard" != 0 ]; then
    if may_hand_over; then give_away "its copy here may not serve"; fi
  # Refused while the peer lived: DRBD and fence-peer say what counts now.
  elif first_line /proc/drbd "$NFSHA_MINOR: * ro:Secondary/Unknown ds:UpToDate/*"; then
    start_again
  fi
}
start_again() {
  missed=0
  log "it could not be started here: trying again"
  start || stop
}

# The standby: ready for a takeover.
watch_standby() {
  known=''; seen=0; rest=2
  [ $((tick % 5)) != 0 ] || make_up
  [ $((tick % 20)) != 1 ] || warm
  [ $((tick % 600)) != 1 ] || read_in
}
