// The article's gateway and ping node on em1, as a separate process: it joins the segment like another network card and answers ARP, ICMP
// echo and NTP for one address. NTP, because emulated clocks drift and the time service that the roles set up needs a server. QEMU's user
// network cannot do this: it processes every frame of a shared segment and resets the TCP connections of the other machines. Plain
// JavaScript, because it is started as a file, bundled or not.
// Arguments: marker group port address mac [file of the key, and for each node its name, its QMP socket and its emulator's marker]
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { powerPort, powerSwitch } from './gateway-power.js'

const [, , , group, port, address, mac, keyFile, ...nodes] = process.argv
const ownAddress = Buffer.from(address.split('.').map(Number))
const ownMac = Buffer.from(mac.split(':').map(byte => Number.parseInt(byte, 16)))

const socket = createSocket({ type: 'udp4', reuseAddr: true })

/** The nodes from the arguments. */
const switched = () => {
  const each = [0, 3].filter(at => nodes[at] !== undefined).map(at => nodes.slice(at, at + 3))
  return {
    sockets: Object.fromEntries(each.map(([name, path]) => [name, path])),
    markers: Object.fromEntries(each.map(([name, , marker]) => [name, marker])),
  }
}

/** @param {Buffer} frame an Ethernet frame */
const replyTo = frame => {
  if (frame.length < 42 || frame.subarray(6, 12).equals(ownMac)) return undefined
  const type = frame.readUInt16BE(12)
  if (type === 0x0806) return replyToArp(frame)
  if (type === 0x0800 && frame.subarray(0, 6).equals(ownMac)) return replyToPing(frame) ?? replyToNtp(frame)
  return undefined
}

/** @param {Buffer} frame */
const replyToArp = frame => {
  if (frame.readUInt16BE(20) !== 1 || !frame.subarray(38, 42).equals(ownAddress)) return undefined
  const reply = Buffer.from(frame.subarray(0, 42))
  frame.copy(reply, 0, 6, 12)
  ownMac.copy(reply, 6)
  reply.writeUInt16BE(2, 20)
  ownMac.copy(reply, 22)
  ownAddress.copy(reply, 28)
  frame.copy(reply, 32, 22, 32) // the sender's MAC and address become the target
  return reply
}

/** @param {Buffer} frame */
const replyToPing = frame => {
  const headerLength = (frame[14] & 15) * 4
  const icmp = 14 + headerLength
  if (frame[23] !== 1 || !frame.subarray(30, 34).equals(ownAddress) || frame[icmp] !== 8) return undefined
  const reply = Buffer.from(frame)
  frame.copy(reply, 0, 6, 12)
  ownMac.copy(reply, 6)
  frame.copy(reply, 26, 30, 34) // swapping the addresses does not change the IP checksum
  frame.copy(reply, 30, 26, 30)
  reply[icmp] = 0
  // echo request to echo reply takes 0x0800 from the sum: add it back with the carry folded in (RFC 1624)
  const sum = frame.readUInt16BE(icmp + 2) + 0x0800
  reply.writeUInt16BE((sum & 0xffff) + (sum >>> 16), icmp + 2)
  return reply
}

/** @param {Buffer} frame */
const replyToNtp = frame => {
  const request = payloadFor(frame, 123)
  if (request === undefined || request.length < 48) return undefined
  const reply = datagramTo(frame, request.subarray(0, 48))
  const ntp = reply.length - 48
  // RFC 5905, section 7.3: server mode in the client's version, stratum 2, precision one microsecond
  reply[ntp] = (request[0] & 0x38) | 4
  reply[ntp + 1] = 2
  reply[ntp + 3] = 0xec
  reply.writeUInt32BE(0, ntp + 4)
  reply.writeUInt32BE(66, ntp + 8)
  ownAddress.copy(reply, ntp + 12)
  const now = ntpTime()
  now.copy(reply, ntp + 16)
  request.copy(reply, ntp + 24, 40, 48)
  now.copy(reply, ntp + 32)
  now.copy(reply, ntp + 40)
  return reply
}

/** @param {Buffer} frame */
const replyToPower = async frame => {
  if (!answerPower || frame.length < 42 || frame.readUInt16BE(12) !== 0x0800 || !frame.subarray(0, 6).equals(ownMac)) return
  const request = payloadFor(frame, powerPort)
  const answer = request && (await answerPower(request.toString('utf8')))
  if (answer) socket.send(datagramTo(frame, Buffer.from(answer)), Number(port), group)
}

/** The UDP payload of a frame for one of our ports. @param {Buffer} frame @param {number} ownPort */
const payloadFor = (frame, ownPort) => {
  const udp = 14 + (frame[14] & 15) * 4
  if (frame[23] !== 17 || !frame.subarray(30, 34).equals(ownAddress) || frame.length < udp + 8) return undefined
  const length = frame.readUInt16BE(udp + 4)
  if (frame.readUInt16BE(udp + 2) !== ownPort || length < 8 || frame.length < udp + length) return undefined
  return frame.subarray(udp + 8, udp + length)
}

/** The reply frame to another frame, with this payload. @param {Buffer} frame @param {Buffer} payload */
const datagramTo = (frame, payload) => {
  const udp = 14 + (frame[14] & 15) * 4
  const reply = Buffer.concat([frame.subarray(0, udp + 8), payload])
  frame.copy(reply, 0, 6, 12)
  ownMac.copy(reply, 6)
  frame.copy(reply, 26, 30, 34)
  frame.copy(reply, 30, 26, 30)
  reply.writeUInt16BE(reply.length - 14, 16)
  reply.writeUInt16BE(0, 24)
  reply.writeUInt16BE(headerSum(reply.subarray(14, udp)), 24)
  frame.copy(reply, udp, udp + 2, udp + 4)
  frame.copy(reply, udp + 2, udp, udp + 2)
  reply.writeUInt16BE(8 + payload.length, udp + 4)
  reply.writeUInt16BE(0, udp + 6) // no checksum, which UDP over IPv4 allows
  return reply
}

/** RFC 1071. @param {Buffer} header */
const headerSum = header => {
  let sum = 0
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** Seconds since 1900 and their fraction, 32 bits each. */
const ntpTime = () => {
  const ms = performance.timeOrigin + performance.now()
  const stamp = Buffer.alloc(8)
  stamp.writeUInt32BE((Math.floor(ms / 1000) + 2_208_988_800) >>> 0, 0)
  stamp.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32) >>> 0, 4)
  return stamp
}

const answerPower = keyFile === undefined ? undefined : powerSwitch({ key: readFileSync(keyFile, 'utf8').trim(), ...switched() })
socket.on('message', frame => {
  const reply = replyTo(frame)
  if (reply) socket.send(reply, Number(port), group)
  else void replyToPower(frame)
})
socket.bind(Number(port), group, () => {
  socket.addMembership(group, '127.0.0.1')
  socket.setMulticastInterface('127.0.0.1')
  socket.setMulticastLoopback(true)
})
