# Saves the open connections for the node that takes over, as `local:port remote:port`, the input of tickle_tcp. The file is on the replicated volume and
# synced, so that it survives a power loss; it is written only when it has changed. The disk may hang but the watch must not: it waits at most one
# second for the write, and does not start another one meanwhile.
save_connections() {
  now=$(ss -Htn state established "src $NFSHA_VIP sport = :2049" 2>/dev/null | while read -r _ _ here there _; do echo "$here $there"; done)
  [ -n "$now" ] && [ "$now" != "$known" ] && has_state && ! is_writing || return 0
  bounded 1 write_connections && known=$now
}
is_writing() { [ -s "$saving" ] && read -r writer < "$saving" && [ -d "/proc/$writer" ]; }
# The writer is a subshell, so its PID is read from /proc. dd follows no symbolic link, and does not block on a FIFO without a reader.
write_connections() {
  read -r writer _ < /proc/self/stat; echo "$writer" > "$saving"
  echo "$now" | dd of="$state/connections.new" oflag=nofollow,nonblock conv=fsync 2>/dev/null && mv -fT "$state/connections.new" "$state/connections"
  code=$?
  : > "$saving"
  return $code
}
