# Everything that a takeover needs and that can be prepared on any node. The watch does it, so that the takeover does not have to.
prewarm() {
  command -v rpc.mountd >/dev/null || return 0 # the address alone, no NFS yet
  [ -d /sys/module/nfsd ] || modprobe nfsd
  [ -d /sys/module/loop ] || modprobe loop
  first_line /proc/mounts '* /proc/fs/nfsd *' || mount -t nfsd nfsd /proc/fs/nfsd
  first_line /proc/mounts '* /run/rpc_pipefs *' || { mkdir -p /run/rpc_pipefs; mount -t rpc_pipefs sunrpc /run/rpc_pipefs; }
  has_portmapper || start_portmapper
  # mountd answers the kernel's export upcalls; without a running nfsd there are none.
  runs rpc.mountd || start_mountd
  exportfs -r
}

start_mountd() { if in_memory; then rpc.mountd --state-directory-path $memory/nfs; else rpc.mountd; fi; }

# With NFS version 3, nfsd and mountd register with the system's rpcbind, and nfsd does not start without it. Without version 3, nfsd still contacts rpcbind
# when it starts and stops, to unregister an earlier instance (linux/net/sunrpc/svc.c, svc_rpcb_setup). If nothing listens, its four TCP attempts are
# refused, and after a refusal that arrives too early it waits 3, then 6, then 12 s (xprtsock.c, xs_connect). So an rpcbind in a network namespace
# without interfaces answers it: no other host can reach its port, and the system's rpcbind can run at the same time.
has_portmapper() {
  [ -S /var/run/rpcbind.sock ] || return 1
  # Once the system's rpcbind has taken over the socket, ours no longer answers, not even after the system's rpcbind has exited.
  if [ -n "$NFSHA_VERSION3" ]; then runs rpcbind && ! runs nfsha-rpcbind; else runs nfsha-rpcbind || runs rpcbind; fi
}
start_portmapper() {
  # SIGKILL, because on SIGTERM it would remove the system's socket.
  for p in $(pids_of nfsha-rpcbind); do kill -9 "$p"; done
  if [ -n "$NFSHA_VERSION3" ]; then service rpcbind start >/dev/null; return; fi
  ln -sf "$(command -v rpcbind)" $memory/nfsha-rpcbind
  # Remove its lock file, so that the system's rpcbind can start. (Hiding it in a mount namespace would keep /data mounted there.)
  unshare -n $memory/nfsha-rpcbind && rm -f /var/run/rpcbind.lock
}

# On a standby the watch does this; the start does it if the watch has not made its first check yet or does not run.
prewarm_if_needed() {
  runs rpc.mountd && first_line /proc/mounts '* /run/rpc_pipefs *' && [ -S /var/run/rpcbind.sock ] && { [ -z "$NFSHA_VERSION3" ] || runs rpcbind; } && return
  prewarm
}
