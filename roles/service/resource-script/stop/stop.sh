# By the prefix that it has: somebody may have added it by hand.
lower_vip() {
  for word in $addresses; do
    case $word in "$NFSHA_VIP"/*) ip -4 addr del "$word" dev "$NFSHA_NIC" || return 1 ;; esac
  done
}

demote() {
  is_primary || return 0
  wait_for 5 drbdsetup secondary "$NFSHA_MINOR" 2>/dev/null && return 0
  # Another mount namespace may have it still.
  free_volume 10
  drbdadm secondary "$NFSHA_RESOURCE"
}

# What can be done while clients are still served costs them nothing.
prepare_stop() {
  # The watch has written it a second ago.
  if [ ! -s "$state/connections" ]; then known=''; save_connections; fi
  [ -z "$served" ] || free_volume 20
  # What clients have not synced themselves would keep the unmount waiting.
  [ -z "$served" ] || bounded 10 write_back
  addresses=$(ip -o -4 addr show dev "$NFSHA_NIC")
  keep_others
}
write_back() { sync -f "$NFSHA_MOUNT" || sync; }

stop() {
  served=''; [ ! -s "$serving" ] || served=yes
  : > "$serving"
  echo "$PPID" > "$failed_stop"
  prepare_stop
  lower_vip || { not_stopped "cannot take $NFSHA_VIP off $NFSHA_NIC"; return 1; }
  stop_nfs || { not_stopped "nfsd does not stop"; return 1; }
  unmount_state || { not_stopped "cannot unmount $state"; return 1; }
  unmount || { not_stopped "cannot unmount $NFSHA_MOUNT"; return 1; }
  demote || { not_stopped "cannot give up $NFSHA_RESOURCE"; return 1; }
  : > "$failed_stop"
  log "stopped"
}

# heartbeat would try ten times more, while clients wait, and then restart this node without a word. Where the peer is as good that is done at once: clients
# wait for deadtime then. Without such a peer more tries may help.
not_stopped() {
  log "$1"
  read -r asker < "/proc/$PPID/comm" && [ "$asker" = ResourceManager ] || return 0
  if first_line /proc/drbd "$NFSHA_MINOR: cs:Connected * ds:*/UpToDate *"; then
    "$reset_node" "the service does not stop here: $1"
  else
    "$reset_node" --note "the service does not stop here: $1"
  fi
} 2>/dev/null

# The one who asked for the stop that failed is still there, and asks now what is left.
stop_has_failed() { [ -s "$failed_stop" ] && read -r asker < "$failed_stop" && [ -d "/proc/$asker" ]; }

status() {
  if mounted && threads && has_vip; then echo running; return 0; fi
  if stop_has_failed && { mounted || threads || has_vip || is_primary; }; then echo running; return 0; fi
  echo stopped
  return 3
}
