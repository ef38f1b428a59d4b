#!/bin/sh
# Managed by nfsha-play: the one resource of the cluster. heartbeat calls `nfsha start|stop|status`.
#
# start: everything from "become Primary" to "the virtual IP is up", in this order. The IP comes last, so that no client reaches a host
#        that has the address but no service (it would answer with a reset, and the client would wait for minutes).
# stop:  the reverse. It succeeds only when /data is unmounted and the device is Secondary.
# status: heartbeat 3.0.6 reads the output, not the exit code. `running` if everything is up, and also if a stop has failed and
#        anything is left (heartbeat then reboots the node, which is safe); otherwise `stopped`.
# watch: started and restarted by heartbeat on both nodes (respawn in ha.cf), because heartbeat itself does not monitor resources.
#
# Clients wait for every fork, so the shell reads /proc itself wherever it can.
LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
# shellcheck source=/dev/null
. /etc/ha.d/nfsha.conf

# State files and the list of exports are in a separate tmpfs: a takeover must not fail because a disk or /run is full.
memory=/run/nfsha
[ -e $memory/mounted ] || {
  mkdir -p $memory; mount -t tmpfs -o size=4m,mode=755,nosuid,nodev nfsha $memory
  # The watch of an earlier version has its files elsewhere; make it restart as this one.
  [ ! -f /run/nfsha.watch ] || touch -d 2000-01-01 /run/nfsha.watch
  # If tmpfs cannot be mounted, use the plain directory.
  mkdir -p $memory/nfs; : > $memory/mounted
} 2>/dev/null
# Client state that the other node needs after a takeover: nfsdcld's database, statd's lists, open connections. Mounted outside the export; symbolic
# links in it are not followed.
state=$memory/state
closed=noatime,nodev,nosuid,noexec,nosymfollow
# A flag is a file that is empty (off) or not (on): the shell can truncate a file itself, but needs a fork to remove it.
failed_stop=$memory/stop-failed
# Set from the end of a start to the beginning of a stop: the watch expects everything to be up only then.
serving=$memory/serving
# Set by a failed start, cleared by a successful one. `primary`: the node was not allowed to become Primary; `yes`: any other reason.
failed_start=$memory/start-failed
# Set by fence-peer while this node tries to become Primary: it is cut off, and its copy must be marked Outdated afterwards.
to_be_marked=$memory/to-be-marked
owner_file=$memory/lock
reset_node=/usr/local/lib/nfsha/reset-node
holders=/usr/local/lib/nfsha/volume-holders
# PID of the process that saves the list of connections.
saving=$memory/saving
