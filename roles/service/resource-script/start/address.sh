# Where the NIC had no address of its own when the virtual one came (its ifdown), the kernel takes that for the NIC's first, and would take all others off
# with it.
keep_others() { echo 1 > "/proc/sys/net/ipv4/conf/$NFSHA_NIC/promote_secondaries"; } 2>/dev/null

raise_vip() {
  ip -4 addr add "$NFSHA_VIP/$NFSHA_PREFIX" dev "$NFSHA_NIC" 2>/dev/null || has_vip || return 1
  call_clients </dev/null >/dev/null 2>&1 &
}

# Neighbours keep the old node's hardware address until they are told; a client whose segments went unanswered waits ever longer before it tries again,
# and an ACK out of turn makes it answer at once. Its answer must come to this node, so ARP goes first: Linux gives no second answer for half a
# second (net.ipv4.tcp_invalid_ratelimit). A packet may be lost, so both go out again, as long as the address is here.
# send_arp sends a request, sleeps by an alarm and sends a reply; an alarm that comes before it has begun to wait is lost, and it waits for ever. Where it
# cannot write its own file (-p; a full /run) it sends nothing.
call_clients() {
  known=''
  for pause in 0.6 0.6 1 2 0; do
    timeout -s KILL 0.3 "$NFSHA_HELPERS/send_arp" -p $memory/send_arp -i 20 -r 1 "$NFSHA_NIC" "$NFSHA_VIP" auto not_used not_used
    [ -n "$known" ] || known=$(saved_connections)
    [ -z "$known" ] || echo "$known" | "$NFSHA_HELPERS/tickle_tcp" -n 1
    sleep "$pause"
    has_vip || return
  done
}

# `192.168.0.219:2049 192.168.0.50:801`, and nothing but that goes to a program that sends packets to what it reads.
saved_connections() {
  part='[0-9]{1,3}'
  timeout 2 dd if="$state/connections" iflag=nofollow,nonblock bs=64k count=16 2>/dev/null |
    grep -xE -m 5000 "$NFSHA_VIP:2049 $part\.$part\.$part\.$part:[0-9]{1,5}"
}
