start() {
  : > "$failed_stop"
  lost_locks=''
  prewarm_if_needed
  promote || { not_started primary "cannot make $NFSHA_RESOURCE Primary"; return 1; }
  mounted || log_if_slow mount -t ext4 -o noatime,nodev,nosuid "$NFSHA_DEVICE" "$NFSHA_MOUNT" || { not_started yes "cannot mount $NFSHA_DEVICE"; return 1; }
  mount_state || { not_started yes "cannot mount $state"; return 1; }
  start_nfs || { not_started yes "cannot start NFS"; return 1; }
  raise_vip || { not_started yes "cannot add $NFSHA_VIP to $NFSHA_NIC"; return 1; }
  [ -z "$lost_locks" ] || notify_clients
  echo yes > "$serving"
  : > "$failed_start"
  log "started"
}
not_started() { echo "$1" > "$failed_start"; log "$2"; }
