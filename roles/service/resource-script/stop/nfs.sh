end_threads() { echo 0 > /proc/fs/nfsd/threads; }
no_threads() { ! threads; }
not_running() { ! runs "$1"; }

end_nfsd() {
  if threads; then bounded 10 end_threads; fi
  # The kernel's counter drops a moment later.
  wait_for 2 no_threads
}

# SIGKILL is safe: these daemons write their files atomically.
end_daemon() {
  for p in $(pids_of "$1"); do kill "$p" 2>/dev/null; done
  wait_for 1 not_running "$1" || for p in $(pids_of "$1"); do kill -9 "$p" 2>/dev/null; done
}

stop_nfs() {
  [ -z "$NFSHA_VERSION3" ] || queue_notifications
  # Leftover sockets of the removed address would answer a client that returns to this node with a stale connection; and if nfsd stops before they
  # are closed, it waits seconds for a client's answer to a callback.
  ss -K src "$NFSHA_VIP" >/dev/null 2>&1
  # Searching now gives nfsd's threads time to notice the closed sockets.
  trackers=$(pids_of nfsdcld)
  end_nfsd || return 1
  # Killed only after nfsd has stopped, which may wait half a minute for its answer. SQLite survives SIGKILL, and the process is gone when /data is
  # unmounted.
  # shellcheck disable=SC2086 # a list of numbers
  [ -z "$trackers" ] || kill -KILL $trackers 2>/dev/null
  # statd's working directory is in /data, which would be busy.
  if [ -n "$NFSHA_VERSION3" ]; then end_daemon rpc.statd; fi
  return 0
}
