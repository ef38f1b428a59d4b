# Who is connected, so that the next holder can wake them: `local:port remote:port`, what tickle_tcp reads. On the replicated volume and
# synced, or it would be lost with this node's power; written only when it has changed. The disk may hang, and the watch must not: it waits for this no
# longer than a second, and starts no second one beside it.
save_connections() {
  now=$(ss -Htn state established "src $NFSHA_VIP sport = :2049" 2>/dev/null | while read -r _ _ here there _; do echo "$here $there"; done)
  [ -n "$now" ] && [ "$now" != "$known" ] && has_state && ! writes || return 0
  bounded 1 write_connections && known=$now
}
writes() { [ -s "$saving" ] && read -r writer < "$saving" && [ -d "/proc/$writer" ]; }
# The process that writes is a child of the shell: its number is only in /proc. No link is followed, and a FIFO that nobody reads does not block.
write_connections() {
  read -r writer _ < /proc/self/stat; echo "$writer" > "$saving"
  echo "$now" | dd of="$state/connections.new" oflag=nofollow,nonblock conv=fsync 2>/dev/null && mv -fT "$state/connections.new" "$state/connections"
  code=$?
  : > "$saving"
  return $code
}
