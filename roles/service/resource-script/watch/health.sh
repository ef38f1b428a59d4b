# What is missing of a service that should be complete; nothing when all is there.
broken() {
  mounted || { echo "$NFSHA_MOUNT is not mounted"; return; }
  ! read_only || { echo "$NFSHA_MOUNT is read-only"; return; }
  is_primary || { echo "DRBD is not Primary"; return; }
  has_state || { echo "$state is not mounted"; return; }
  threads || { echo "nfsd does not run"; return; }
  exported || { echo "$NFSHA_MOUNT is not exported"; return; }
  # It serves by the peer's disk, as long as it reaches the peer.
  ! first_line /proc/drbd "$NFSHA_MINOR: * ds:Diskless/*" || ! peer_is_fit || { echo "the disk has failed"; return; }
  has_vip || cut_off || echo "$NFSHA_VIP is not on $NFSHA_NIC"
}

# fence-peer has taken the address away and waits for a word of the outside.
cut_off() { [ -r $memory/cut-off ] && read -r pid < $memory/cut-off && [ -d "/proc/$pid" ]; }

# Where version 3 is served.
v3_helpers() { [ -z "$NFSHA_VERSION3" ] || runs rpc.statd; }

# nfsd's helpers and their list of exports: what is lost of them is put back where it was, nothing else is needed (Debian's nfs-kernel-server
# ships an empty etab, so every upgrade loses the list). Never beside a stop, which is about to end them.
helpers() {
  runs rpc.mountd && runs nfsdcld && has_portmapper && exported && v3_helpers && return 0
  lock 1 || return 0
  if [ -s "$serving" ]; then
    warm
    runs nfsdcld || bounded 10 start_nfsdcld
    [ -z "$NFSHA_VERSION3" ] || runs rpc.statd || start_statd
  fi
  unlock
}

peer_is_heard() { [ "$(cl_status nodestatus "$NFSHA_PEER" 2>/dev/null)" = active ]; }

# The peer can take over: heartbeat hears it, and DRBD's copy there is good.
peer_is_fit() { first_line /proc/drbd "$NFSHA_MINOR: cs:Connected * ds:*/UpToDate *" && peer_is_heard; }
