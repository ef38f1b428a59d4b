import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { powerSwitch } from '../../../lib/lab/gateway-power.js'
import { isAlive, isPaused, kill, pause } from '../../../lib/lab/processes.ts'
import { runs } from '../../runs.ts'

// The power switch, with a sleeping process as the emulator and our own QMP socket.

const key = 'the key of this lab'
const sign = (...words: string[]) =>
  createHash('sha256')
    .update(`${[key, ...words].join(' ')} ${key}`)
    .digest('hex')

let folder = ''
let server: Server
let emulator: ChildProcess
let commands: string[] = []
let answer: (socket: Socket) => void
let ask: (text: string) => Promise<string | undefined>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-power-'))
  commands = []
  answer = socket => socket.write('{"return":{},"id":1}\n{"event":"RE')
  const marker = `nfsha-test-${randomBytes(6).toString('hex')}`
  emulator = spawn(process.execPath, ['-e', 'process.stdout.write("runs"); setInterval(() => undefined, 1000)', `guest=${marker}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (emulator.stdout) await once(emulator.stdout, 'data')
  server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.write('{"QMP":{"version":{}}}\n')
    socket.on('data', bytes => {
      commands.push(...[...bytes.toString().matchAll(/"execute":"(\w+)"/g)].map(([, name = '']) => name))
      if (commands.includes('system_reset')) {
        answer(socket)
        setTimeout(() => socket.writable && socket.write('SET","data":{}}\n'), 20)
      }
    })
  }).listen(join(folder, 'qmp'))
  await once(server, 'listening')
  ask = powerSwitch({ key, sockets: { M2: join(folder, 'qmp') }, markers: { M2: marker } })
})
afterEach(async () => {
  await kill(emulator.pid ?? 0)
  server.close()
  rmSync(folder, { recursive: true })
})

const number = async () => (await ask('hello\n'))?.trim().split(' ')[1] ?? ''
const order = async (action: string, machine = 'M2') => {
  const n = await number()
  return { n, answer: await ask(`${action} ${machine} ${n} ${sign(action, machine, n)}\n`) }
}

test('resets a machine, waits for the event that says so, and signs its answer', async () => {
  const { n, answer } = await order('reset')
  expect(answer).toBe(`ok ${sign('ok', 'M2', n)}\n`)
  expect(commands).toEqual(['qmp_capabilities', 'system_reset'])
  expect(isAlive(emulator.pid ?? 0)).toBe(true)
})

test('a reset fails when the emulator refuses it', async () => {
  answer = socket => socket.write('{"error":{"class":"x","desc":"no"}}\n')
  const { n, answer: got } = await order('reset')
  expect(got).toBe(`failed ${sign('failed', 'M2', n)}\n`)
})

test('a stopped emulator is killed, and a machine without power is off already', async () => {
  const pid = emulator.pid ?? 0
  pause(pid, true)
  await expect.poll(() => isPaused(pid)).toBe(true)
  expect((await order('reset')).answer).toMatch(/^ok /)
  await expect.poll(() => isAlive(pid)).toBe(false)
  expect((await order('reset')).answer).toMatch(/^ok /)
  expect(commands).toEqual([])
})

test('switches off and confirms it', async () => {
  expect((await order('status')).answer).toMatch(/^ok /)
  expect(isAlive(emulator.pid ?? 0)).toBe(true)
  expect((await order('off')).answer).toMatch(/^ok /)
  await expect.poll(() => isAlive(emulator.pid ?? 0)).toBe(false)
})

test('a request is valid once', async () => {
  const n = await number()
  const request = `status M2 ${n} ${sign('status', 'M2', n)}\n`
  expect(await ask(request)).toMatch(/^ok /)
  expect(await ask(request)).toBeUndefined()
})

test('a request with a wrong key, an unknown machine or an unknown nonce gets no answer and has no effect', async () => {
  const n = await number()
  const signed = (action: string, machine: string, which: string) => `${action} ${machine} ${which} ${sign(action, machine, which)}`
  const wrong = [
    '',
    'reset',
    `reset M2 ${n}`,
    `reset M2 ${n} ${'0'.repeat(64)}`,
    signed('reset', 'C1', n),
    signed('reset', 'M2', 'x'),
    signed('kill', 'M2', n),
  ]
  for (const text of wrong) expect([text, await ask(text)]).toEqual([text, undefined])
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 90 }), async text => {
      expect((await ask(text)) ?? 'number').toMatch(/^number/)
    }),
    { numRuns: runs(200) },
  )
  expect(commands).toEqual([])
  expect(isAlive(emulator.pid ?? 0)).toBe(true)
})
