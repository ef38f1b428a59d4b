start_nfs() {
  [ -d "$state/nfsdcld" ] || mkdir -p "$state/nfsdcld"
  if threads; then
    if [ -s "$serving" ]; then
      runs nfsdcld || start_nfsdcld || return 1
      export_all; return
    fi
    # This nfsd was left by an incomplete start or stop, or started by somebody else with another server scope and without nfsdcld: clients could not
    # reclaim from it.
    [ -z "$NFSHA_VERSION3" ] || queue_notifications
    end_nfsd || return 1
  fi
  # An nfsdcld that runs without nfsd was started by somebody else and uses another database.
  if runs nfsdcld; then end_daemon nfsdcld; fi
  # nfsdcld records which clients may reclaim. It must run before nfsd, or nfsd waits for its whole grace period.
  log_if_slow start_nfsdcld && log_if_slow export_all || return 1
  if [ -n "$NFSHA_VERSION3" ]; then start_v3 || return 1; fi
  start_nfsd
}
# nfsdcld records returning clients one after the other. A write-ahead log needs one sync of the volume for each instead of four (sqlite.org/wal.html).
# The mode is stored in the database; the -wal file exists until the database is closed cleanly.
start_nfsdcld() {
  [ -e "$state/nfsdcld/main.sqlite-wal" ] || bounded 2 sqlite3 "$state/nfsdcld/main.sqlite" 'PRAGMA journal_mode=WAL' >/dev/null
  nfsdcld -s "$state/nfsdcld"
}
# Usually the watch has done this already. exportfs fails because of an error in any line of any file. What counts is that our export is in its list:
# without it no client gets access.
export_all() {
  exported && return
  said=$(exportfs -r 2>&1)
  exported || { log "exportfs does not export $NFSHA_MOUNT to $NFSHA_NETWORK: $said"; return 1; }
}

# NFS version 3 handles locks separately. rpc.statd records for lockd which clients hold locks, one file per client in statd/sm; after a takeover
# sm-notify tells these clients that the server has lost their locks, and they reclaim them within lockd's own grace period.
# Two things would lose clients: lockd makes statd forget all of them when nfsd stops, and sm-notify treats every file in sm as an old client, also one
# that has just connected. So the list is moved, while no client can reach this node, into a directory that only sm-notify uses.
queue_notifications() {
  # An sm-notify that still runs since the last takeover would remove the clients that are added now.
  if runs sm-notify; then end_daemon sm-notify; fi
  set -- "$state"/statd/sm/*
  [ ! -e "$1" ] || mv -f "$@" "$state/sm-notify/sm.bak/"
}
start_statd() { rpc.statd --no-notify -P "$state/statd"; }
start_v3() {
  [ -d "$state/sm-notify/sm.bak" ] || mkdir -p "$state/statd/sm" "$state/statd/sm.bak" "$state/sm-notify/sm" "$state/sm-notify/sm.bak"
  # Both programs run as the owner of sm; the UID may differ between the nodes.
  chown -hR statd "$state"/statd/sm* "$state"/sm-notify/sm* || return 1
  queue_notifications
  # An rpc.statd that was not started here, or belongs to an nfsd that has ended, would use another directory or know clients that were moved.
  if runs rpc.statd; then end_daemon rpc.statd; fi
  # The default is 50 s (linux/fs/lockd/svc.c). statd sets lockd's ports from nfs.conf.
  echo "$NFSHA_LOCKD_GRACE" > /proc/sys/fs/nfs/nlm_grace_period
  start_statd || return 1
  lost_locks=yes
}
# sm-notify ends the grace period itself if there is no client to notify; otherwise it continues in the background for up to 15 minutes.
notify_clients() { sm-notify -f -v "$NFSHA_VIP" -P "$state/sm-notify" </dev/null >/dev/null 2>&1 & }

# The kernel uses the hostname of the process that starts nfsd as the server scope. It must be the same on both nodes, or clients
# do not reclaim their state from the other node.
# shellcheck disable=SC2016 # the inner shell expands it
run_nfsd() {
  unshare -u sh -c 'echo "$1" > /proc/sys/kernel/hostname; exec rpc.nfsd' nfsha "$NFSHA_SCOPE" 2>$memory/said && return 0
  # heartbeat discards the output of its scripts.
  read -r said < $memory/said; log "rpc.nfsd: $said"
  return 1
}

# nfsd gives nfsdcld one second to open its pipe (linux/fs/nfsd/nfs4recover.c), which can be too short on a busy machine. Then the pipe is gone, nfsd falls
# back to another way of tracking clients and waits for its whole grace period, and the other node will not know which clients may reclaim. No client
# can be connected before the address is up, so nfsd is restarted.
uses_nfsdcld() { [ -e /run/rpc_pipefs/nfsd/cld ]; }
start_nfsd() {
  for try in 1 2 3 4; do
    [ "$try" = 1 ] || end_nfsd || continue
    log_if_slow run_nfsd || continue
    uses_nfsdcld && return 0
    log "nfsdcld did not open its pipe in time (attempt $try of 4)"
  done
  threads || return 1
  log "nfsd runs without nfsdcld: clients wait for the whole grace period"
}
