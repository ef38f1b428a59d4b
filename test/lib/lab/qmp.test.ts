import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LabError } from '../../../lib/lab/error.ts'
import { qmp } from '../../../lib/lab/qmp.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-qmp-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a socket without a listener, not yet or no longer, is a LabError', async () => {
  const path = join(folder, 'left')
  const listener = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`])
  await once(listener.stdout, 'data')
  listener.kill('SIGKILL')
  await once(listener, 'close')
  await expect(qmp(path, 'query-status')).rejects.toThrow(
    new LabError(`the emulator did not accept 'query-status': connect ECONNREFUSED ${path}`),
  )
})

test('returns the answer to a command, after the greeting', async () => {
  const path = join(folder, 'monitor')
  const server = createServer(socket => {
    socket.write('{"QMP": {}}\n')
    socket.on('data', data => {
      const { execute, id } = JSON.parse(String(data))
      socket.write(`${JSON.stringify({ id, return: { of: execute } })}\n`)
    })
  }).listen(path)
  await once(server, 'listening')
  expect(await qmp(path, 'query-status')).toEqual({ of: 'query-status' })
  server.close()
})
