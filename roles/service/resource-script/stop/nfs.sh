end_threads() { echo 0 > /proc/fs/nfsd/threads; }
no_threads() { ! threads; }
not_running() { ! runs "$1"; }

end_nfsd() {
  if threads; then bounded 10 end_threads; fi
  # What has ended may be seen for a moment longer.
  wait_for 2 no_threads
}

# What it writes outlives any end (files that are whole or not there), and nobody waits for it any more.
end_daemon() {
  for p in $(pids_of "$1"); do kill "$p" 2>/dev/null; done
  wait_for 1 not_running "$1" || for p in $(pids_of "$1"); do kill -9 "$p" 2>/dev/null; done
}

stop_nfs() {
  [ -z "$NFSHA_VERSION3" ] || put_clients_aside
  # Sockets of the address that is gone would answer a client that comes back to this node with a stale connection, and nfsd, when it is ended before
  # they are, waits seconds for a client's answer to a callback.
  ss -K src "$NFSHA_VIP" >/dev/null 2>&1
  # Looked for now, so that nfsd's threads have a moment to see these ends.
  trackers=$(pids_of nfsdcld)
  end_nfsd || return 1
  # Not before: nfsd may wait half a minute for an answer. SQLite outlives any end, and one that is killed is gone when /data is unmounted.
  # shellcheck disable=SC2086 # a list of numbers
  [ -z "$trackers" ] || kill -KILL $trackers 2>/dev/null
  # It stands in its directory, and /data would be busy.
  if [ -n "$NFSHA_VERSION3" ]; then end_daemon rpc.statd; fi
  return 0
}
