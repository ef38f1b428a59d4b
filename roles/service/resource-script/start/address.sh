# If the NIC had no address when the virtual IP was added (after an ifdown), the virtual IP is its primary address, and removing a primary address
# removes the secondary ones too.
keep_secondary_addresses() { echo 1 > "/proc/sys/net/ipv4/conf/$NFSHA_NIC/promote_secondaries"; } 2>/dev/null

raise_vip() {
  ip -4 addr add "$NFSHA_VIP/$NFSHA_PREFIX" dev "$NFSHA_NIC" 2>/dev/null || has_vip || return 1
  announce_address </dev/null >/dev/null 2>&1 &
}

# Neighbours keep the old node's MAC address until they see an ARP packet. A client whose segments were not acknowledged retries at growing intervals;
# a tickle ACK (an unsolicited ACK) makes it answer at once. The answer must reach this node, so ARP goes first: Linux sends no second answer within half
# a second (net.ipv4.tcp_invalid_ratelimit). Packets can be lost, so both are repeated as long as this node has the address.
# send_arp sends a request, sleeps by an alarm and sends a reply; if the alarm fires before it sleeps, it waits forever, hence the timeout. If it
# cannot write its PID file (-p), for example because /run is full, it sends nothing.
announce_address() {
  known=''
  for pause in 0.6 0.6 1 2 0; do
    timeout -s KILL 0.3 "$NFSHA_HELPERS/send_arp" -p $memory/send_arp -i 20 -r 1 "$NFSHA_NIC" "$NFSHA_VIP" auto not_used not_used
    [ -n "$known" ] || known=$(saved_connections)
    [ -z "$known" ] || echo "$known" | "$NFSHA_HELPERS/tickle_tcp" -n 1
    sleep "$pause"
    has_vip || return
  done
}

# Prints lines such as `192.168.0.219:2049 192.168.0.50:801`. Everything else is filtered out, because tickle_tcp sends packets to whatever it reads.
saved_connections() {
  part='[0-9]{1,3}'
  timeout 2 dd if="$state/connections" iflag=nofollow,nonblock bs=64k count=16 2>/dev/null |
    grep -xE -m 5000 "$NFSHA_VIP:2049 $part\.$part\.$part\.$part:[0-9]{1,5}"
}
