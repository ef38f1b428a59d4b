log() { logger -t nfsha -p daemon.info "$*" 2>/dev/null & echo "nfsha: $*" >&2; }

# first_line FILE PATTERN: sets $line to the first line that matches, and reads no further.
first_line() {
  [ -r "$1" ] || return 1
  while read -r line; do
    # shellcheck disable=SC2254 # a pattern is meant
    case $line in $2) return 0 ;; esac
  done < "$1"
  return 1
}
mounted() { first_line /proc/mounts "$NFSHA_DEVICE $NFSHA_MOUNT *"; }
# ext4 switches to read-only after an error (errors=remount-ro, or an aborted journal).
read_only() { first_line /proc/mounts "$NFSHA_DEVICE $NFSHA_MOUNT * ro,*"; }
# An atomic counter (linux/fs/nfsd/stats.c); reading /proc/fs/nfsd/threads blocks on a lock that a hung stop holds.
threads() { first_line /proc/net/rpc/nfsd 'th [1-9]*'; }
has_vip() { case $(ip -o -4 addr show dev "$NFSHA_NIC") in *" inet $NFSHA_VIP/"*) ;; *) return 1 ;; esac; }
is_primary() { first_line /proc/drbd "$NFSHA_MINOR: cs:* ro:Primary/*"; }
# exportfs(8) exits with 0 even if it wrote an empty list, so the list is read.
exported() { listed $memory/nfs || { ! in_memory && listed /var/lib/nfs; }; }
listed() { first_line "$1/etab" "${NFSHA_MOUNT}[[:space:]]${NFSHA_NETWORK:-*}(*"; }
# exportfs reads this path from nfs.conf, which an earlier version may have written.
in_memory() { first_line /etc/nfs.conf.d/nfsha.conf "state-directory-path=$memory/nfs"; }

# Sets $up to the uptime in hundredths of a second.
uptime() { read -r up _ < /proc/uptime; up=${up%.*}${up#*.}; }

# wait_for SECONDS COMMAND...: repeats it until it succeeds. The limit includes the time that the command itself takes.
wait_for() {
  uptime; deadline=$((up + $1 * 100)); shift
  until "$@"; do
    uptime; [ "$up" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# bounded SECONDS COMMAND...: for commands that can hang in the kernel on a failing disk, where signals do not reach them; returns 124 if it does. Logs a
# slow command, because clients wait for it. Can be used inside wait_for, and inside a command that is bounded itself.
bounded() {
  [ -n "$calls" ] || open_results || { shift; "$@" 2>/dev/null; return; }
  uptime; begun=$up; limit=$1; shift
  calls=$((calls + 1))
  answering "$calls" "$@" 8>&9 &
  { sleep "$limit"; echo "$calls 124" >&9; } </dev/null >/dev/null 2>&1 &
  timer=$!
  # Skip results of earlier commands that finish late.
  while :; do
    read -r which code <&9 || return
    [ "$which" != "$calls" ] || break
  done
  kill "$timer" 2>/dev/null
  [ "$code" = 124 ] || log_slow "$begun" "$*"
  return "$code"
}
# answering CALL COMMAND...: in a subshell. A call of `bounded` inside the command gets a pipe of its own: the other shell would take its result from a
# common one.
answering() { call=$1; calls=''; shift; "$@" 2>/dev/null; echo "$call $?" >&8; }
# A private pipe on which commands report that they have ended: polling would cost a fork each time.
open_results() {
  ends=$memory/ends.$$
  # An earlier process with the same PID may have left one.
  { mkfifo "$ends" || { rm -f "$ends"; mkfifo "$ends"; }; } 2>/dev/null && exec 9<> "$ends" && rm -f "$ends" && calls=0
}
log_slow() { uptime; [ $((up - $1)) -lt 200 ] || log "slow: $2 took $(((up - $1) / 100)) s"; }

# log_if_slow COMMAND...: runs it and logs how long it took if it was slow.
log_if_slow() {
  uptime; from=$up
  "$@"; code=$?
  log_slow "$from" "$*"
  return "$code"
}

# One start or stop at a time. A lock whose owner has died is free; one without a PID is just being taken.
owner_is_alive() { [ -e "$owner_file" ] || return 1; read -r owner < "$owner_file" || return 0; read -r n < "/proc/$owner/comm" && [ "$n" = nfsha ]; } 2>/dev/null
take_lock() {
  set -C
  if { echo $$ > "$owner_file"; } 2>/dev/null; then set +C; return 0; fi
  set +C
  owner_is_alive || rm -f "$owner_file"
  return 1
}
lock() { wait_for "$1" take_lock; }
unlock() { read -r owner < "$owner_file" && [ "$owner" = $$ ] && rm -f "$owner_file"; }
# A stop must not wait forever: it kills a start that hangs.
lock_for_stop() {
  lock 30 && return 0
  if owner_is_alive; then
    # Its children too: a drbdsetup that is still running in the kernel could make this node Primary after the stop.
    kill -STOP "$owner"; pkill -KILL -P "$owner"; kill -KILL "$owner"
    wait_for 20 not_running drbdsetup
  fi
  rm -f "$owner_file"
  lock 5
}

# Finds processes by name without forking: the shell reads /proc/PID/comm. A pattern with /comm in it would stat each file first, which doubles the
# cost.
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
