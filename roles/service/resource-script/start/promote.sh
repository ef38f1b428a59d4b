# Uses drbdsetup, because drbdadm would parse its configuration first and then run the same command. The other node releases the device a moment
# after its address, so several attempts may be needed.
promote() {
  is_primary && return 0
  : > "$to_be_marked"
  wait_for 3 try_primary || outdated_and_alone || wait_for 17 try_primary || drbdadm primary "$NFSHA_RESOURCE"
  is_primary && return 0
  # DRBD refuses this if it has connected to the peer meanwhile.
  [ ! -s "$to_be_marked" ] || drbdsetup outdate "$NFSHA_MINOR"
  : > "$to_be_marked"
  return 1
}
try_primary() { drbdsetup primary "$NFSHA_MINOR" 2>/dev/null || [ -s "$to_be_marked" ] || allow_time_to_connect; }
# An attempt to become Primary blocks DRBD's handshake with the peer (state_mutex). If it was refused without a connection, leave time for one.
allow_time_to_connect() { ! first_line /proc/drbd "$NFSHA_MINOR: * ro:*/Unknown *" || sleep 0.5; false; }
# Then waiting longer does not help.
outdated_and_alone() {
  first_line /proc/drbd "$NFSHA_MINOR: cs:WFConnection * ds:Outdated/*" || first_line /proc/drbd "$NFSHA_MINOR: cs:StandAlone * ds:Outdated/*"
}
