#!/bin/sh
# Managed by nfsha-play: the one resource of the cluster. heartbeat calls `nfsha start|stop|status`.
#
# start: everything between "become primary" and "the virtual IP is up", in this order; the IP is last, so no client ever meets a host
#        that has the address but no service (it would answer with a reset, and the client would wait minutes).
# stop:  the reverse. It ends with success only when /data is unmounted and the device is Secondary.
# status: heartbeat 3.0.6 reads what is printed, not the exit code: `running` when all is up and also when a stop has failed and
#        anything is left (heartbeat then reboots the node, which is the safe end), `stopped` when nothing is left.
# watch: started and restarted by heartbeat on both nodes (respawn in ha.cf), because heartbeat itself watches no resource.
#
# Every fork is part of a client's wait, so what the shell can read by itself from /proc it reads by itself.
LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
# shellcheck source=/dev/null
. /etc/ha.d/nfsha.conf

# The marks and the list of exports are in a tmpfs of their own: a takeover must not depend on a disk, or a /run, that somebody else has filled.
memory=/run/nfsha
[ -e $memory/mounted ] || {
  mkdir -p $memory; mount -t tmpfs -o size=4m,mode=755,nosuid,nodev nfsha $memory
  # A watch of an earlier version has its marks elsewhere, and is to become this one.
  [ ! -f /run/nfsha.watch ] || touch -d 2000-01-01 /run/nfsha.watch
  # Where it cannot be mounted the directory has to do.
  mkdir -p $memory/nfs; : > $memory/mounted
} 2>/dev/null
# What the other node needs to know of the clients: nfsdcld's database, statd's lists, who is connected. Mounted outside what is exported, and no link in it
# is followed.
state=$memory/state
closed=noatime,nodev,nosuid,noexec,nosymfollow
# Marks are files that are empty or not: the shell empties one by itself, and would need a fork to remove it.
failed_stop=$memory/stop-failed
# Set from the end of a start to the beginning of a stop: only then the watch expects everything to be up.
serving=$memory/serving
# Set by a start that has failed, until one has not: `primary` when it was not allowed to become primary.
failed_start=$memory/start-failed
# Set by fence-peer while this node tries to become primary: it is cut off, and its copy must be marked Outdated afterwards.
to_be_marked=$memory/to-be-marked
owner_file=$memory/lock
reset_node=/usr/local/lib/nfsha/reset-node
holders=/usr/local/lib/nfsha/volume-holders
# The number of the process that writes down who is connected.
saving=$memory/saving
