# Removes the address with its actual prefix length: somebody may have added it by hand.
lower_vip() {
  for word in $addresses; do
    case $word in "$NFSHA_VIP"/*) ip -4 addr del "$word" dev "$NFSHA_NIC" || return 1 ;; esac
  done
}

demote() {
  is_primary || return 0
  wait_for 5 drbdsetup secondary "$NFSHA_MINOR" 2>/dev/null && return 0
  # The device may still be mounted in another mount namespace.
  free_volume 10
  drbdadm secondary "$NFSHA_RESOURCE"
}

# Everything that can be done while clients are still served.
prepare_stop() {
  # Usually the watch saved the list of connections a second ago.
  if [ ! -s "$state/connections" ]; then known=''; save_connections; fi
  [ -z "$served" ] || free_volume 20
  # Dirty pages would delay the unmount.
  [ -z "$served" ] || bounded 10 write_back
  addresses=$(ip -o -4 addr show dev "$NFSHA_NIC")
  keep_secondary_addresses
}
write_back() { sync -f "$NFSHA_MOUNT" || sync; }

stop() {
  served=''; [ ! -s "$serving" ] || served=yes
  : > "$serving"
  echo "$PPID" > "$failed_stop"
  prepare_stop
  lower_vip || { not_stopped "cannot remove $NFSHA_VIP from $NFSHA_NIC"; return 1; }
  stop_nfs || { not_stopped "nfsd does not stop"; return 1; }
  unmount_state || { not_stopped "cannot unmount $state"; return 1; }
  unmount || { not_stopped "cannot unmount $NFSHA_MOUNT"; return 1; }
  demote || { not_stopped "cannot make $NFSHA_RESOURCE Secondary"; return 1; }
  : > "$failed_stop"
  log "stopped"
}

# heartbeat would try ten more times while clients wait, and then reboot this node without a message. If the peer's copy is up to date, this node is reset
# at once, and clients only wait for deadtime. Otherwise more attempts may help.
not_stopped() {
  log "$1"
  read -r asker < "/proc/$PPID/comm" && [ "$asker" = ResourceManager ] || return 0
  if first_line /proc/drbd "$NFSHA_MINOR: cs:Connected * ds:*/UpToDate *"; then
    "$reset_node" "the service does not stop here: $1"
  else
    "$reset_node" --note "the service does not stop here: $1"
  fi
} 2>/dev/null

# The process that asked for the failed stop still runs and now asks for the status.
stop_has_failed() { [ -s "$failed_stop" ] && read -r asker < "$failed_stop" && [ -d "/proc/$asker" ]; }

status() {
  if mounted && threads && has_vip; then echo running; return 0; fi
  if stop_has_failed && { mounted || threads || has_vip || is_primary; }; then echo running; return 0; fi
  echo stopped
  return 3
}
