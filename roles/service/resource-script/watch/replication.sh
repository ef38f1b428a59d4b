# DRBD disconnects (StandAlone) when a frozen peer returns as Primary, just before that peer resets itself, and when its own address is gone (ifdown), so
# that it cannot listen. The watch reconnects a few times, but only if this node had found the peer dead (fence-peer) or its own address gone: a
# connection that an operator closed stays closed, and a split brain stays disconnected.
watch_connection() {
  [ -r /proc/drbd ] || return 0 # the address alone
  watch_handshake
  if ! first_line /proc/drbd "$NFSHA_MINOR: * ro:*/Unknown *"; then
    [ ! -s $memory/fenced ] || : > $memory/fenced
    next_connect=0; pause=40
    return 0
  fi
  first_line /proc/drbd "$NFSHA_MINOR: cs:StandAlone *" || return 0
  case $(ip -o -4 addr show) in *" inet $NFSHA_LINK/"*) ;; *) echo 5 > $memory/fenced; return ;; esac
  [ $((tick % 10)) = 0 ] && [ "$tick" -ge "$next_connect" ] && [ -s $memory/fenced ] && reconnect
}
# Two nodes that connect just when one of them continues alone may both wait for a bitmap forever (seen with a standby that was cut off for two
# seconds). The one that does not serve reconnects, which does not touch data.
watch_handshake() {
  if first_line /proc/drbd "$NFSHA_MINOR: cs:WFBitMap? ro:Secondary/*"; then stuck=$((stuck + 1)); else stuck=0; fi
  [ "$stuck" -ge 60 ] || return 0
  stuck=0
  log "DRBD has waited a minute for $NFSHA_PEER's bitmap: reconnecting"
  echo 5 > $memory/fenced
  drbdadm disconnect "$NFSHA_RESOURCE"; drbdadm connect "$NFSHA_RESOURCE"
}
reconnect() {
  read -r tries < $memory/fenced && [ "$tries" -gt 0 ] || return 0
  echo $((tries - 1)) > $memory/fenced
  # A hung peer may take minutes to restart: the five attempts are spread over an hour.
  next_connect=$((tick + pause)); pause=$((pause * 4))
  log "DRBD is StandAlone after $NFSHA_PEER or the link came back: reconnecting"
  drbdadm connect "$NFSHA_RESOURCE"
}

# The MAC address of the peer's service NIC, by which fence-peer recognizes its ARP answers. Read from the kernel while heartbeat hears the peer.
note_peer_nic() {
  first_line /proc/net/arp "$NFSHA_PEER_SERVICE * 0x2 * $NFSHA_NIC" && peer_is_heard || return 0
  # shellcheck disable=SC2086 # its words
  set -- $line
  echo "$4" | tr a-f A-F > $memory/peer-nic
}
