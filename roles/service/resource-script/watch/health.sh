# Prints what is wrong with a service that should be up; nothing if it is healthy.
health_problem() {
  mounted || { echo "$NFSHA_MOUNT is not mounted"; return; }
  ! read_only || { echo "$NFSHA_MOUNT is read-only"; return; }
  is_primary || { echo "DRBD is not Primary"; return; }
  has_state || { echo "$state is not mounted"; return; }
  threads || { echo "nfsd does not run"; return; }
  exported || { echo "$NFSHA_MOUNT is not exported"; return; }
  # A node whose disk has failed serves from the peer's disk as long as it is connected, so it is a problem only if the peer can take over.
  ! first_line /proc/drbd "$NFSHA_MINOR: * ds:Diskless/*" || ! peer_is_fit || { echo "the disk has failed"; return; }
  has_vip || cut_off || echo "$NFSHA_VIP is not on $NFSHA_NIC"
}

# fence-peer has removed the address and waits until the network is reachable again.
cut_off() { [ -r $memory/cut-off ] && read -r pid < $memory/cut-off && [ -d "/proc/$pid" ]; }

# Only needed for NFS version 3.
v3_helpers_run() { [ -z "$NFSHA_VERSION3" ] || runs rpc.statd; }

# nfsd's helper daemons and the list of exports are restored in place, without a handover (Debian's nfs-kernel-server ships an empty etab, so
# every upgrade of the package empties the list). Never during a stop, which is about to end them.
repair_helpers() {
  runs rpc.mountd && runs nfsdcld && has_portmapper && exported && v3_helpers_run && return 0
  lock 1 || return 0
  if [ -s "$serving" ]; then
    prewarm
    runs nfsdcld || bounded 10 start_nfsdcld
    [ -z "$NFSHA_VERSION3" ] || runs rpc.statd || start_statd
  fi
  unlock
}

peer_is_heard() { [ "$(cl_status nodestatus "$NFSHA_PEER" 2>/dev/null)" = active ]; }

# Whether the peer can take over: heartbeat hears it, and its copy is up to date.
peer_is_fit() { first_line /proc/drbd "$NFSHA_MINOR: cs:Connected * ds:*/UpToDate *" && peer_is_heard; }
