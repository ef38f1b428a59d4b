// The article's gateway and ping node on em1, as a process of its own: it joins the segment as one more card and answers ARP
// and ICMP echo for one address. QEMU's user network cannot take this part: it looks at every frame of a shared segment and
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
  if (type === 0x0800 && frame.subarray(0, 6).equals(ownMac)) return replyToPing(frame)
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
