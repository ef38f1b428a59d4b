// The article's gateway and ping node on em1, as a process of its own: it joins the segment as one more card and answers ARP,
// ICMP echo and NTP for one address: emulated clocks run apart, and the time service that the roles set up needs somebody to ask. QEMU's user network cannot take this part: it looks at every frame of a shared segment and
// resets the TCP connections of the other machines. Plain JavaScript, because it is started as a file, bundled or not.
// Arguments: marker group port address mac
import { createSocket } from 'node:dgram'

const [, , , group, port, address, mac] = process.argv
const ownAddress = Buffer.from(address.split('.').map(Number))
const ownMac = Buffer.from(mac.split(':').map(byte => Number.parseInt(byte, 16)))

const socket = createSocket({ type: 'udp4', reuseAddr: true })
socket.on('message', frame => {
  const reply = replyTo(frame)
  if (reply) socket.send(reply, Number(port), group)
})
socket.bind(Number(port), group, () => {
  socket.addMembership(group, '127.0.0.1')
  socket.setMulticastInterface('127.0.0.1')
  socket.setMulticastLoopback(true)
})

/** @param {Buffer} frame an Ethernet frame */
function replyTo(frame) {
  if (frame.length < 42 || frame.subarray(6, 12).equals(ownMac)) return undefined
  const type = frame.readUInt16BE(12)
  if (type === 0x0806) return replyToArp(frame)
  if (type === 0x0800 && frame.subarray(0, 6).equals(ownMac)) return replyToPing(frame) ?? replyToNtp(frame)
  return undefined
}

/** @param {Buffer} frame */
function replyToArp(frame) {
  if (frame.readUInt16BE(20) !== 1 || !frame.subarray(38, 42).equals(ownAddress)) return undefined
  const reply = Buffer.from(frame.subarray(0, 42))
  frame.copy(reply, 0, 6, 12)
  ownMac.copy(reply, 6)
  reply.writeUInt16BE(2, 20)
  ownMac.copy(reply, 22)
  ownAddress.copy(reply, 28)
  frame.copy(reply, 32, 22, 32) // the asker's MAC and address become the target
  return reply
}

/** @param {Buffer} frame */
function replyToPing(frame) {
  const headerLength = (frame[14] & 15) * 4
  const icmp = 14 + headerLength
  if (frame[23] !== 1 || !frame.subarray(30, 34).equals(ownAddress) || frame[icmp] !== 8) return undefined
  const reply = Buffer.from(frame)
  frame.copy(reply, 0, 6, 12)
  ownMac.copy(reply, 6)
  frame.copy(reply, 26, 30, 34) // swapping the addresses leaves the IP checksum as it is
  frame.copy(reply, 30, 26, 30)
  reply[icmp] = 0
  // echo request to echo reply takes 0x0800 from the sum: add it back with the carry folded in (RFC 1624)
  const sum = frame.readUInt16BE(icmp + 2) + 0x0800
  reply.writeUInt16BE((sum & 0xffff) + (sum >>> 16), icmp + 2)
  return reply
}

/** @param {Buffer} frame */
function replyToNtp(frame) {
  const udp = 14 + (frame[14] & 15) * 4
  const ntp = udp + 8
  if (frame[23] !== 17 || !frame.subarray(30, 34).equals(ownAddress) || frame.length < ntp + 48 || frame.readUInt16BE(udp + 2) !== 123)
    return undefined
  const reply = Buffer.from(frame.subarray(0, ntp + 48))
  frame.copy(reply, 0, 6, 12)
  ownMac.copy(reply, 6)
  frame.copy(reply, 26, 30, 34)
  frame.copy(reply, 30, 26, 30)
  frame.copy(reply, udp, udp + 2, udp + 4)
  frame.copy(reply, udp + 2, udp, udp + 2)
  reply.writeUInt16BE(0, udp + 6) // no checksum, which UDP over IPv4 allows
  // RFC 5905, section 7.3: server mode in the asker's version, stratum 2, good to a microsecond
  reply[ntp] = (frame[ntp] & 0x38) | 4
  reply[ntp + 1] = 2
  reply[ntp + 3] = 0xec
  reply.writeUInt32BE(0, ntp + 4)
  reply.writeUInt32BE(66, ntp + 8)
  ownAddress.copy(reply, ntp + 12)
  const now = ntpTime()
  now.copy(reply, ntp + 16)
  frame.copy(reply, ntp + 24, ntp + 40, ntp + 48)
  now.copy(reply, ntp + 32)
  now.copy(reply, ntp + 40)
  return reply
}

/** Seconds since 1900 and their fraction, 32 bits each. */
function ntpTime() {
  const ms = performance.timeOrigin + performance.now()
  const stamp = Buffer.alloc(8)
  stamp.writeUInt32BE((Math.floor(ms / 1000) + 2_208_988_800) >>> 0, 0)
  stamp.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32) >>> 0, 4)
  return stamp
}
