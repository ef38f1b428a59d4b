import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isPortFree } from '../../../lib/lab/ports.ts'
import { isAlive, isPaused, kill, labProcesses, pause, processMarker } from '../../../lib/lab/processes.ts'

/** Listens with much memory and many threads, like an emulator: the kernel takes a while to tear it down. */
const heavy = `
  const { Worker } = require('node:worker_threads')
  const held = Buffer.alloc(400e6, 1)
  for (let i = 0; i < 4; i++) new Worker('const held = Buffer.alloc(50e6, 1); setInterval(() => held, 1000)', { eval: true })
  require('node:net').createServer().listen(0, '127.0.0.1', function () { setTimeout(() => console.log(this.address().port), 300) })`

test('a killed process has released its port when kill() returns', async () => {
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ['-e', heavy], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [port] = await once(child.stdout, 'data')
    await kill(child.pid ?? 0)
    expect(isAlive(child.pid ?? 0)).toBe(false)
    expect(await isPortFree(Number(port))).toBe(true)
  }
})

test('a paused process is recognised, is alive, can continue, and can be killed', async () => {
  const child = spawn(process.execPath, ['-e', "process.stdin.on('data', text => console.log(String(text)))"], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const pid = child.pid ?? 0
  child.stdin.write('one')
  await once(child.stdout, 'data')
  pause(pid, true)
  await expect.poll(() => isPaused(pid)).toBe(true)
  expect(isAlive(pid)).toBe(true)
  const answered = once(child.stdout, 'data')
  child.stdin.write('two')
  pause(pid, false)
  expect(String(await answered)).toMatch('two')
  expect(isPaused(pid)).toBe(false)
  pause(pid, true)
  await kill(pid)
  expect(isAlive(pid)).toBe(false)
})

test('the gateway, whose arguments contain the markers of the machines, is not mistaken for one', async () => {
  const lab = `test${process.pid}`
  const waiting = ['-e', "process.stdin.resume(); console.log('up')", '--']
  const started = async (...args: string[]) => {
    const child = spawn(process.execPath, [...waiting, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    return child.pid ?? 0
  }
  const gateway = await started(processMarker(lab, 'gateway'), processMarker(lab, 'M1'), processMarker(lab, 'M2'))
  const machine = await started('-name', `guest=${processMarker(lab, 'M1')}`)
  expect(labProcesses(lab)).toEqual({ gateway, M1: machine })
  await kill(machine)
  expect(labProcesses(lab)).toEqual({ gateway })
  await kill(gateway)
})
