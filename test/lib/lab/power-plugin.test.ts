import { execFile } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { powerSwitch } from '../../../lib/lab/gateway-power.js'
import { packagedFile } from '../../../lib/text/packaged.ts'

// The plugin itself, against the gateway's power switch on a loopback port. The machine has no emulator: it is off already.

let folder = ''
let server: Socket
let requests: string[] = []
/** How many requests are lost. */
let lost = 0

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-plugin-'))
  requests = []
  lost = 0
  const answer = powerSwitch({ key: 'a key', sockets: { M2: join(folder, 'qmp') }, markers: { M2: 'nfsha-test-none' } })
  server = createSocket('udp4')
  server.on('message', (bytes, { address, port }) => {
    requests.push(bytes.toString().split(' ')[0]?.trim() ?? '')
    if (lost-- > 0) return
    void answer(bytes.toString()).then(text => text !== undefined && server.send(text, port, address))
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const plugin = (action: string, { key = 'a key', machine = 'M2', patience = '5' } = {}) => {
  writeFileSync(join(folder, 'key'), `${key}\n`)
  const script = readFileSync(packagedFile('lib/lab/power-plugin.sh'), 'utf8')
    .replace('/etc/nfsha-lab-power-key', join(folder, 'key'))
    .replace('192.168.0.1/9623', `127.0.0.1/${server.address().port}`)
    .replace('" 8)', `" ${patience})`)
  return new Promise<{ code: number; stdout: string }>(resolve => {
    const env = { PATH: process.env.PATH, machine }
    execFile('bash', ['-c', script, 'nfsha-lab', action, 'm2.redhat.sx'], { env, timeout: 30_000 }, (error, stdout) =>
      resolve({ code: error ? Number(error.code) : 0, stdout }),
    )
  })
}

test('requests a nonce and then the reset, and accepts a signed answer', async () => {
  expect(await plugin('reset')).toEqual({ code: 0, stdout: '' })
  expect(requests).toEqual(['hello', 'reset'])
  expect(await plugin('status')).toEqual({ code: 0, stdout: '' })
})

test('a lost request is repeated', async () => {
  lost = 1
  expect((await plugin('reset')).code).toBe(0)
  expect(requests).toEqual(['hello', 'hello', 'reset'])
})

test('with a wrong key or an unknown machine it fails and reports that there is no answer', async () => {
  for (const wrong of [{ key: 'another' }, { machine: 'C1' }])
    expect(await plugin('reset', { ...wrong, patience: '0.3' })).toEqual({ code: 1, stdout: 'the gateway of the lab does not answer\n' })
})

test('prints the node that it resets, without contacting the gateway', async () => {
  expect(await plugin('gethosts')).toEqual({ code: 0, stdout: 'M2\n' })
  expect(await plugin('getconfignames')).toEqual({ code: 0, stdout: 'machine\n' })
  expect((await plugin('nonsense')).code).toBe(1)
  expect(requests).toEqual([])
})
