import { expect, test } from 'vitest'
import { parseNics } from '../../../lib/resources/ip-address.ts'

const wanted = [
  { name: 'lo', mac: '00:00:00:00:00:00', up: true, addresses: ['127.0.0.1/8'] },
  { name: 'em1', mac: 'b8:ca:3a:f1:00:2f', up: true, addresses: ['192.168.0.210/24', '192.168.0.219/24'] },
  { name: 'em2', mac: 'b8:ca:3a:f1:00:30', up: false, addresses: [] },
]

test('one line per interface, with the addresses after all of them', () => {
  expect(
    parseNics(`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN \\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: em1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP qlen 1000\\    link/ether b8:ca:3a:f1:00:2f brd ff:ff:ff:ff:ff:ff
3: em2@if4: <BROADCAST,MULTICAST> mtu 1500 qdisc mq state DOWN qlen 1000\\    link/ether b8:ca:3a:f1:00:30 brd ff:ff:ff:ff:ff:ff
1: lo    inet 127.0.0.1/8 scope host lo
2: em1    inet 192.168.0.210/24 brd 192.168.0.255 scope global em1
2: em1    inet 192.168.0.219/24 brd 192.168.0.255 scope global secondary em1
`),
  ).toEqual(wanted)
})

test('several lines per interface', () => {
  expect(
    parseNics(`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet6 ::1/128 scope host
2: em1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP qlen 1000
    link/ether b8:ca:3a:f1:00:2f brd ff:ff:ff:ff:ff:ff
    inet 192.168.0.210/24 brd 192.168.0.255 scope global em1
    inet 192.168.0.219/24 brd 192.168.0.255 scope global secondary em1
3: em2: <BROADCAST,MULTICAST> mtu 1500 qdisc mq state DOWN qlen 1000
    link/ether b8:ca:3a:f1:00:30 brd ff:ff:ff:ff:ff:ff
`),
  ).toEqual(wanted)
})
