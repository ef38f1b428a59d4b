import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { measure } from './measure.ts'
import { slowLink } from './slow-link.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-measure-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('measures wall time, CPU time of waited-for processes, memory, exit code and output', async () => {
  const busy =
    'const a = Buffer.alloc(64e6, 1); const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end); console.log("out", a.length)'
  const argv = ['sh', '-c', `"$0" -e '${busy}'; sleep 0.3; exit 3`, process.execPath]
  const { code, wall, cpu, rss, output } = await measure({ argv, cwd: folder }, folder)
  expect([code, output]).toEqual([3, 'out 64000000\n'])
  expect(wall).toBeGreaterThanOrEqual(600)
  expect(cpu).toBeGreaterThanOrEqual(0.3)
  expect(cpu).toBeLessThan(wall / 1000)
  expect(rss).toBeGreaterThan(60)
})

test('a slow link transmits everything with a delay of 40 ms in each direction', async () => {
  const echo = createServer(socket => socket.pipe(socket))
  await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
  const link = await slowLink((echo.address() as { port: number }).port, 40)
  const sent = 'x'.repeat(200_000)
  const started = performance.now()
  const answer = await new Promise<string>((resolve, reject) => {
    let seen = ''
    const socket = connect(link.port, '127.0.0.1', () => socket.end(sent))
    socket.on('data', piece => {
      seen += piece
    })
    socket.once('end', () => resolve(seen))
    socket.once('error', reject)
  })
  expect(answer).toBe(sent)
  expect(performance.now() - started).toBeGreaterThanOrEqual(75)
  await link.stop()
  await new Promise(resolve => echo.close(resolve))
})
