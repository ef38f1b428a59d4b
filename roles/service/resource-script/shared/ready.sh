# What a takeover needs and any node can have ready: done by the watch, so that it costs a takeover nothing.
warm() {
  command -v rpc.mountd >/dev/null || return 0 # the address alone, no NFS yet
  [ -d /sys/module/nfsd ] || modprobe nfsd
  [ -d /sys/module/loop ] || modprobe loop
  first_line /proc/mounts '* /proc/fs/nfsd *' || mount -t nfsd nfsd /proc/fs/nfsd
  first_line /proc/mounts '* /run/rpc_pipefs *' || { mkdir -p /run/rpc_pipefs; mount -t rpc_pipefs sunrpc /run/rpc_pipefs; }
  has_portmapper || start_portmapper
  # mountd answers the kernel's questions about exports; where no nfsd runs nobody asks.
  runs rpc.mountd || start_mountd
  exportfs -r
}

start_mountd() { if in_memory; then rpc.mountd --state-directory-path $memory/nfs; else rpc.mountd; fi; }

# nfsd and mountd announce version 3 to the system's rpcbind; without it that nfsd does not start. Without version 3 nfsd asks all the same, when it starts
# and when it ends, to strike off what an earlier one may have said (linux/net/sunrpc/svc.c, svc_rpcb_setup). Where nobody answers it is refused over TCP,
# four times, and after a refusal that wakes it a moment too early it waits 3, then 6, then 12 s (xprtsock.c, xs_connect). So one rpcbind answers it
# that has no network, and so no port that others reach. The system's can be started beside it.
has_portmapper() {
  [ -S /var/run/rpcbind.sock ] || return 1
  # One of ours that has lost its socket to the system's must not be taken for an answer when that ends.
  if [ -n "$NFSHA_VERSION3" ]; then runs rpcbind && ! runs nfsha-rpcbind; else runs nfsha-rpcbind || runs rpcbind; fi
}
start_portmapper() {
  # Not by its own way to end: that would take the system's socket along.
  for p in $(pids_of nfsha-rpcbind); do kill -9 "$p"; done
  if [ -n "$NFSHA_VERSION3" ]; then service rpcbind start >/dev/null; return; fi
  ln -sf "$(command -v rpcbind)" $memory/nfsha-rpcbind
  # What it has locked is not in the way of the system's any more. (A mount namespace for that would keep /data mounted in it.)
  unshare -n $memory/nfsha-rpcbind && rm -f /var/run/rpcbind.lock
}

# The watch keeps a standby warm; before its first look, or when it does not run, this is part of the start.
warm_at_need() {
  runs rpc.mountd && first_line /proc/mounts '* /run/rpc_pipefs *' && [ -S /var/run/rpcbind.sock ] && { [ -z "$NFSHA_VERSION3" ] || runs rpcbind; } && return
  warm
}
