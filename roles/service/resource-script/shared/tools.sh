log() { logger -t nfsha -p daemon.info "$*" 2>/dev/null & echo "nfsha: $*" >&2; }

# first_line FILE PATTERN: the first line that matches, in $line; reads no further.
first_line() {
  [ -r "$1" ] || return 1
  while read -r line; do
    # shellcheck disable=SC2254 # a pattern is meant
    case $line in $2) return 0 ;; esac
  done < "$1"
  return 1
}
mounted() { first_line /proc/mounts "$NFSHA_DEVICE $NFSHA_MOUNT *"; }
# ext4 does that to itself after an error (errors=remount-ro, or an aborted journal).
read_only() { first_line /proc/mounts "$NFSHA_DEVICE $NFSHA_MOUNT * ro,*"; }
# An atomic count (linux/fs/nfsd/stats.c); /proc/fs/nfsd/threads waits for a lock that a hanging stop holds.
threads() { first_line /proc/net/rpc/nfsd 'th [1-9]*'; }
has_vip() { case $(ip -o -4 addr show dev "$NFSHA_NIC") in *" inet $NFSHA_VIP/"*) ;; *) return 1 ;; esac; }
is_primary() { first_line /proc/drbd "$NFSHA_MINOR: cs:* ro:Primary/*"; }
# exportfs(8) ends with success whatever it has written, so its list is read.
exported() { listed $memory/nfs || { ! in_memory && listed /var/lib/nfs; }; }
listed() { first_line "$1/etab" "${NFSHA_MOUNT}[[:space:]]${NFSHA_NETWORK:-*}(*"; }
# exportfs takes it from nfs.conf, which may still be that of an earlier version.
in_memory() { first_line /etc/nfs.conf.d/nfsha.conf "state-directory-path=$memory/nfs"; }

# uptime in hundredths of a second, in $up
uptime() { read -r up _ < /proc/uptime; up=${up%.*}${up#*.}; }

# wait_for SECONDS COMMAND...: until it succeeds; a command that takes long itself is not given more time for that.
wait_for() {
  uptime; deadline=$((up + $1 * 100)); shift
  until "$@"; do
    uptime; [ "$up" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# bounded SECONDS COMMAND...: for what can hang in the kernel with a disk, where no signal reaches it; 124 when it does. What is slow is said: clients
# wait for it. May stand inside a wait_for.
bounded() {
  [ -n "$calls" ] || expect_ends || { shift; "$@" 2>/dev/null; return; }
  uptime; begun=$up; limit=$1; shift
  calls=$((calls + 1))
  { "$@" 2>/dev/null; echo "$calls $?" >&9; } &
  { sleep "$limit"; echo "$calls 124" >&9; } </dev/null >/dev/null 2>&1 &
  timer=$!
  # Earlier ones may end only now.
  while :; do
    read -r which code <&9 || return
    [ "$which" != "$calls" ] || break
  done
  kill "$timer" 2>/dev/null
  [ "$code" = 124 ] || is_slow "$begun" "$*"
  return "$code"
}
# A pipe of this process alone, where what ends says so: to look again and again would cost a fork each time.
expect_ends() {
  ends=$memory/ends.$$
  # One of an earlier process of this number may lie there.
  { mkfifo "$ends" || { rm -f "$ends"; mkfifo "$ends"; }; } 2>/dev/null && exec 9<> "$ends" && rm -f "$ends" && calls=0
}
is_slow() { uptime; [ $((up - $1)) -lt 200 ] || log "slow: $2 took $(((up - $1) / 100)) s"; }

# watched COMMAND...: says it when it was slow.
watched() {
  uptime; from=$up
  "$@"; code=$?
  is_slow "$from" "$*"
  return "$code"
}

# One start or stop at a time. A lock whose owner has died is free; one without a name is just being taken.
owner_lives() { [ -e "$owner_file" ] || return 1; read -r owner < "$owner_file" || return 0; read -r n < "/proc/$owner/comm" && [ "$n" = nfsha ]; } 2>/dev/null
take_lock() {
  set -C
  if { echo $$ > "$owner_file"; } 2>/dev/null; then set +C; return 0; fi
  set +C
  owner_lives || rm -f "$owner_file"
  return 1
}
lock() { wait_for "$1" take_lock; }
unlock() { read -r owner < "$owner_file" && [ "$owner" = $$ ] && rm -f "$owner_file"; }
# A stop waits for nobody for ever: a start that hangs is ended.
lock_for_stop() {
  lock 30 && return 0
  if owner_lives; then
    # With what it waits for: a program in the kernel might make this node Primary after its stop.
    kill -STOP "$owner"; pkill -KILL -P "$owner"; kill -KILL "$owner"
    wait_for 20 not_running drbdsetup
  fi
  rm -f "$owner_file"
  lock 5
}

# Processes by name, without a fork for each: /proc/PID/comm is read by the shell. A pattern with /comm in it would ask for each file first, which costs
# as much again.
runs() {
  for p in /proc/[0-9]*; do
    read -r n < "$p/comm" && [ "$n" = "$1" ] && return 0
  done 2>/dev/null
  return 1
}
pids_of() {
  for p in /proc/[0-9]*; do
    read -r n < "$p/comm" && [ "$n" = "$1" ] && echo "${p##*/}"
  done 2>/dev/null
}

has_state() { first_line /proc/mounts "* $state *"; }
