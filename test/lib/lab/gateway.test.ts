import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatewayArguments } from '../../../lib/lab/emulator.ts'
import { gatewayCard } from '../../../lib/lab/machines.ts'
import { freePorts } from '../../../lib/lab/ports.ts'

// The real process, over its multicast segment like an emulator.
const group = '239.192.77.77'
const asker = '5254001a0101'
let gateway: ChildProcess
let socket: Socket
let port = 0
let folder = ''

beforeAll(async () => {
  port = (await freePorts(1))[0] ?? 0
  const script = fileURLToPath(new URL('../../../lib/lab/gateway.js', import.meta.url))
  folder = mkdtempSync(join(tmpdir(), 'nfsha-gateway-'))
  const power = {
    keyFile: join(folder, 'key'),
    nodes: [{ name: 'M2' as const, qmpSocket: join(folder, 'qmp'), marker: 'nfsha-test-none' }],
  }
  writeFileSync(power.keyFile, 'a key\n')
  const args = gatewayArguments(script, 'test', { group, ports: { em1: port, em2: 0, em3: 0 } }, power)
  gateway = spawn(process.execPath, args, { stdio: 'ignore' })
  socket = createSocket({ type: 'udp4', reuseAddr: true })
  socket.bind(port, group)
  await once(socket, 'listening')
  socket.addMembership(group, '127.0.0.1')
  socket.setMulticastInterface('127.0.0.1')
})

afterAll(() => {
  gateway.kill('SIGKILL')
  socket.close()
  rmSync(folder, { recursive: true })
})

const gatewayMac = gatewayCard.mac.replaceAll(':', '')

/** Sends a frame repeatedly until the gateway answers. */
const ask = async (frame: string, tries = 100): Promise<string | undefined> => {
  const answers: string[] = []
  const listen = (bytes: Buffer) => {
    if (bytes.subarray(6, 12).toString('hex') === gatewayMac) answers.push(bytes.toString('hex'))
  }
  socket.on('message', listen)
  for (let n = 0; n < tries && answers.length === 0; n++) {
    socket.send(Buffer.from(frame, 'hex'), port, group)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  socket.off('message', listen)
  return answers[0]
}

const arpFor = (address: string) => `ffffffffffff${asker}08060001080006040001${asker}c0a800d2000000000000${address}`

test('answers ARP for its own address', async () => {
  expect(await ask(arpFor('c0a80001'))).toBe(`${asker}${gatewayMac}08060001080006040002${gatewayMac}c0a80001${asker}c0a800d2`)
})

test('ignores other addresses', async () => {
  expect(await ask(arpFor('c0a800d3'), 4)).toBeUndefined()
})

test('answers an echo request with a correct checksum', async () => {
  const ip = '4500001c000040004001b8bcc0a800d2c0a80001'
  const reply = await ask(`${gatewayMac}${asker}0800${ip}0800f7fd00010001`)
  expect(reply?.slice(0, 28)).toBe(`${asker}${gatewayMac}0800`)
  expect(reply?.slice(28 + 24, 28 + 40)).toBe('c0a80001c0a800d2')
  const icmp = reply?.slice(28 + 40) ?? ''
  expect(icmp.slice(0, 2)).toBe('00')
  const sum = (icmp.match(/.{4}/g) ?? []).reduce((total, word) => total + Number.parseInt(word, 16), 0)
  expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff)
})

test('answers NTP requests', async () => {
  const sent = '0123456789abcdef'
  const request = `23${'00'.repeat(39)}${sent}`
  const ip = `4500004c000040004011b87cc0a800d2c0a80001`
  const reply = (await ask(`${gatewayMac}${asker}0800${ip}c000007b00380000${request}`)) ?? ''
  expect(reply.slice(28 + 24, 28 + 40)).toBe('c0a80001c0a800d2')
  expect(reply.slice(68, 76)).toBe('007bc000')
  const ntp = Buffer.from(reply.slice(84), 'hex')
  expect([ntp.length, ntp.readUInt8(0), ntp.readUInt8(1)]).toEqual([48, 0x24, 2])
  expect(ntp.subarray(24, 32).toString('hex')).toBe(sent)
  expect(Math.abs(ntp.readUInt32BE(40) - 2_208_988_800 - Date.now() / 1000)).toBeLessThan(60)
})

test('is the power switch of the nodes: it answers with a complete datagram with a correct header', async () => {
  const text = Buffer.from('hello\n').toString('hex')
  const ip = '4500002200004000' + '4011' + 'b8a6' + 'c0a800d2c0a80001'
  const reply = (await ask(`${gatewayMac}${asker}0800${ip}c0002597000e0000${text}`)) ?? ''
  expect(reply.slice(28 + 24, 28 + 40)).toBe('c0a80001c0a800d2')
  expect(reply.slice(68, 76)).toBe('2597c000')
  const header = Buffer.from(reply.slice(28, 68), 'hex')
  expect(header.readUInt16BE(2)).toBe(reply.length / 2 - 14)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at)
  expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff)
  expect(Buffer.from(reply.slice(84), 'hex').toString()).toMatch(/^number [0-9a-f]{32}\n$/)
  expect(Number.parseInt(reply.slice(76, 80), 16)).toBe(reply.length / 2 - 34)
})
