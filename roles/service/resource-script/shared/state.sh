# A loop device, because device-mapper would need exclusive access to the DRBD device, which is mounted. It is detached by the unmount.
mount_state() {
  ! has_state || return 0
  [ -d "$state" ] || mkdir -m 711 "$state"
  if find_volume; then
    log_if_slow mount -t ext4 -o "loop,offset=$offset,sizelimit=$size,$closed" "$NFSHA_DEVICE" "$state" && { import_state; return 0; }
  else
    bind_share "$state" && chown 0:0 "$state" && chmod 711 "$state" && return 0
  fi
  log "no volume for client state can be mounted: the state is kept in memory, and clients will lose their locks at the next takeover"
  mount -t tmpfs -o "size=16m,mode=711,$closed" nfsha "$state"
}

# A pair that was built before this volume existed keeps the state inside the share, where a client's root can change it. Symbolic links are not followed,
# devices and FIFOs are not opened. After the mount, when the directory can no longer be replaced, it is verified not to be the target of a link.
bind_share() {
  [ -d "$NFSHA_MOUNT/.nfsha" ] || mkdir -m 711 "$NFSHA_MOUNT/.nfsha" || return 1
  # CentOS 6 does not have nosymfollow.
  mount --bind -o "$closed" "$NFSHA_MOUNT/.nfsha" "$1" 2>/dev/null || mount --bind -o "${closed%,*}" "$NFSHA_MOUNT/.nfsha" "$1" || return 1
  first_line /proc/self/mountinfo "* * 147:$NFSHA_MINOR /.nfsha $1 *" && return 0
  log "$NFSHA_MOUNT/.nfsha is not the expected directory"
  umount "$1"
  return 1
}

# Runs once, on a new volume: imports from the share the list of clients that may reclaim. The database is copied and dumped by an unprivileged user, and
# only records in nfsdcld's own format (nfs-utils, utils/nfsdcld/sqlite.c) are used.
import_state() {
  [ ! -d "$state/nfsdcld" ] && mkdir "$state/nfsdcld" && [ -d "$NFSHA_MOUNT/.nfsha" ] || return 0
  old=$memory/import
  mkdir -p "$old" && mount -t tmpfs -o size=160m,mode=700,nosuid,nodev,noexec nfsha "$old" || return
  mkdir "$old/share" "$old/copy" && bind_share "$old/share" && import_from_share
  umount "$old"
}
import_from_share() {
  for name in main.sqlite main.sqlite-wal; do copy_plain "$old/share/nfsdcld/$name" "$old/copy/$name" 64; done
  [ -z "$NFSHA_VERSION3" ] || import_v3_clients
  umount "$old/share" || return 1
  chown -R nobody "$old"
  timeout 10 setpriv --reuid=nobody --regid=nogroup --clear-groups sqlite3 "$old/copy/main.sqlite" .dump 2>/dev/null | only_records > "$old/records"
  timeout 10 sqlite3 "$state/nfsdcld/main.sqlite" < "$old/records" >/dev/null 2>&1 || log "clients cannot reclaim their locks: the list of clients in $NFSHA_MOUNT/.nfsha could not be read"
}
# copy_plain FROM TO MIB: copies a regular file, at most MIB mebibytes.
copy_plain() { [ -f "$1" ] && timeout 10 dd if="$1" of="$2" iflag=nofollow,nonblock bs=1M count="$3" 2>/dev/null; }
only_records() {
  table='"rec-[0-9a-f]{16}"'
  grep -xiE -m 100000 "BEGIN TRANSACTION;|COMMIT;|CREATE TABLE parameters \\(key TEXT PRIMARY KEY, value TEXT\\);|INSERT INTO parameters VALUES\\('(version|first_time)','[0-9]'\\);|\
CREATE TABLE grace \\(current INTEGER ?, recovery INTEGER\\);|INSERT INTO grace VALUES\\([0-9]{1,18},[0-9]{1,18}\\);|\
CREATE TABLE (IF NOT EXISTS )?$table \\(id BLOB PRIMARY KEY, princhash BLOB\\);|INSERT INTO $table VALUES\\(X'[0-9a-f]*',(NULL|X'[0-9a-f]*')\\);"
}
# statd's lists: one file per client (nfs-utils, support/nsm/file.c, nsm_create_monitor_record).
import_v3_clients() {
  mkdir -p "$state/statd/sm"
  for name in "$old"/share/statd/sm/* "$old"/share/sm-notify/sm.bak/*; do
    case ${name##*/} in *[!A-Za-z0-9.:_-]*|.*) continue ;; esac
    copy_plain "$name" "$old/record" 1 && grep -qxE '([0-9a-f]{8} ){4}[0-9a-f]{32} [A-Za-z0-9.:_-]{1,255} [A-Za-z0-9.:_-]{1,255}' "$old/record" &&
      head -n 1 "$old/record" > "$state/statd/sm/${name##*/}"
  done
}
