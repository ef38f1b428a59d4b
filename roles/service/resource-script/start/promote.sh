# drbdsetup alone: drbdadm would read its configuration and start the same. The other node gives the device up a moment after it has
# released its address.
promote() {
  is_primary && return 0
  : > "$to_be_marked"
  wait_for 3 try_primary || outdated_alone || wait_for 17 try_primary || drbdadm primary "$NFSHA_RESOURCE"
  is_primary && return 0
  # Refused by DRBD when it has met the peer meanwhile.
  [ ! -s "$to_be_marked" ] || drbdsetup outdate "$NFSHA_MINOR"
  : > "$to_be_marked"
  return 1
}
try_primary() { drbdsetup primary "$NFSHA_MINOR" 2>/dev/null || [ -s "$to_be_marked" ] || let_connect; }
# While DRBD is asked to become Primary its handshake with the peer waits (state_mutex): refused without a connection, it is given a moment for one.
let_connect() { ! first_line /proc/drbd "$NFSHA_MINOR: * ro:*/Unknown *" || sleep 0.5; false; }
# It will not do, however long one waits.
outdated_alone() {
  first_line /proc/drbd "$NFSHA_MINOR: cs:WFConnection * ds:Outdated/*" || first_line /proc/drbd "$NFSHA_MINOR: cs:StandAlone * ds:Outdated/*"
}
