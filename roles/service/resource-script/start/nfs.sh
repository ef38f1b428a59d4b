start_nfs() {
  [ -d "$state/nfsdcld" ] || mkdir -p "$state/nfsdcld"
  if threads; then
    if [ -s "$serving" ]; then
      runs nfsdcld || start_nfsdcld || return 1
      export_all; return
    fi
    # Half a start or half a stop has left it, or it is somebody else's, under another name and without nfsdcld: no client could reclaim from it.
    [ -z "$NFSHA_VERSION3" ] || put_clients_aside
    end_nfsd || return 1
  fi
  # One that nfsd does not use was started by somebody else, and keeps its clients elsewhere.
  if runs nfsdcld; then end_daemon nfsdcld; fi
  # It keeps who may reclaim, and must be there before nfsd, or nfsd waits its whole grace period.
  watched start_nfsdcld && watched export_all || return 1
  if [ -n "$NFSHA_VERSION3" ]; then start_v3 || return 1; fi
  start_nfsd
}
# It writes every client that comes back into its database, one after the other. With a write-ahead log that is one sync of the volume for each instead of
# four (sqlite.org/wal.html); the database remembers that, and its log is there as long as nobody has closed it in good order.
start_nfsdcld() {
  [ -e "$state/nfsdcld/main.sqlite-wal" ] || bounded 2 sqlite3 "$state/nfsdcld/main.sqlite" 'PRAGMA journal_mode=WAL' >/dev/null
  nfsdcld -s "$state/nfsdcld"
}
# The watch has them ready. exportfs fails for any line of any file; what counts is that ours is in its list, and no client is let in without it.
export_all() {
  exported && return
  said=$(exportfs -r 2>&1)
  exported || { log "exportfs does not export $NFSHA_MOUNT to $NFSHA_NETWORK: $said"; return 1; }
}

# Version 3 keeps its locks apart from all that. lockd has rpc.statd write down whose locks it holds, one file a client in statd/sm; after a
# takeover sm-notify tells these clients that the server has lost their locks, and they take them again within lockd's own grace period.
# Two of its habits would lose clients: lockd has statd forget them all when nfsd ends, and sm-notify takes what it finds in sm for the past, also a
# client that has just come. So the list is put aside, while no client can reach this node, into a directory that is sm-notify's alone.
put_clients_aside() {
  # One that still tells them about the last takeover would strike off who is put there now.
  if runs sm-notify; then end_daemon sm-notify; fi
  set -- "$state"/statd/sm/*
  [ ! -e "$1" ] || mv -f "$@" "$state/sm-notify/sm.bak/"
}
start_statd() { rpc.statd --no-notify -P "$state/statd"; }
start_v3() {
  [ -d "$state/sm-notify/sm.bak" ] || mkdir -p "$state/statd/sm" "$state/statd/sm.bak" "$state/sm-notify/sm" "$state/sm-notify/sm.bak"
  # Both run as the owner of sm, a user whose number may differ between the nodes.
  chown -hR statd "$state"/statd/sm* "$state"/sm-notify/sm* || return 1
  put_clients_aside
  # Not ours, or of an nfsd that is gone: it would write its list elsewhere, or know clients that are put aside.
  if runs rpc.statd; then end_daemon rpc.statd; fi
  # Else 50 s (linux/fs/lockd/svc.c). statd sets lockd's ports, which it has from nfs.conf.
  echo "$NFSHA_LOCKD_GRACE" > /proc/sys/fs/nfs/nlm_grace_period
  start_statd || return 1
  lost_locks=yes
}
# It ends the grace period itself when there is nobody to tell; else it goes on in the background for a quarter of an hour at most.
notify_clients() { sm-notify -f -v "$NFSHA_VIP" -P "$state/sm-notify" </dev/null >/dev/null 2>&1 & }

# The kernel takes the server scope from the UTS name of the process that starts nfsd; it must be one name on both nodes, or clients
# refuse to reclaim their state from the other node.
# shellcheck disable=SC2016 # the inner shell expands it
run_nfsd() {
  unshare -u sh -c 'echo "$1" > /proc/sys/kernel/hostname; exec rpc.nfsd' nfsha "$NFSHA_SCOPE" 2>$memory/said && return 0
  # heartbeat throws away what its scripts say.
  read -r said < $memory/said; log "rpc.nfsd: $said"
  return 1
}

# nfsd gives nfsdcld one second to open its pipe (linux/fs/nfsd/nfs4recover.c). On a busy machine that may be too short: then the pipe is gone and
# nfsd tracks its clients in a way of its own, waits its whole grace period, and the other node will not know whom to let reclaim. No
# client is here before the address is, so nfsd is started again.
tracked() { [ -e /run/rpc_pipefs/nfsd/cld ]; }
start_nfsd() {
  for try in 1 2 3 4; do
    [ "$try" = 1 ] || end_nfsd || continue
    watched run_nfsd || continue
    tracked && return 0
    log "nfsd did not meet nfsdcld ($try)"
  done
  threads || return 1
  log "nfsd tracks its clients without nfsdcld: they wait for the whole grace period"
}
