#!/bin/bash
# A cluster-glue plugin for the emulated machines of a lab, external/nfsha-lab: asks the gateway to press the other node's reset button (gateway-power.js).
# `machine` is the node to reset. It needs bash for /dev/udp. Each answer is one datagram, which read(1) would split, hence dd.
key=$(cat /etc/nfsha-lab-power-key) || exit 1
gateway=/dev/udp/192.168.0.1/9623

sign() { set -- $(printf %s "$key $* $key" | sha256sum); echo "$1"; }
# ask TEXT SECONDS
ask() { exec 3<>$gateway && printf '%s\n' "$1" >&3 && timeout "$2" dd bs=512 count=1 status=none <&3; }

switch() {
  for _ in 1 2 3; do
    read -r _ number < <(ask hello 1)
    [ -n "$number" ] || continue
    read -r result signature < <(ask "$1 $machine $number $(sign "$1" "$machine" "$number")" 8)
    [ "$signature" = "$(sign "$result" "$machine" "$number")" ] || continue
    [ "$result" = ok ]
    return
  done
  echo "the gateway of the lab does not answer"
  return 1
}

case $1 in
reset | off | status) switch "$1" ;;
gethosts) echo "$machine" ;;
getconfignames) echo machine ;;
getinfo-*) echo "the reset button of a lab's machine" ;;
*) exit 1 ;;
esac
