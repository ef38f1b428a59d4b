import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { fetchArchive } from '../../../lib/download/archive.ts'
import { download } from '../../../lib/download/download.ts'
import { DownloadFailed } from '../../../lib/download/failed.ts'

// Servers that never stop sending, do not answer, or redirect in a loop.

let server: Server
let base = ''
let folder = ''
const asked: string[] = []

/** Writes until the other side closes the connection. */
const flood = (response: ServerResponse): void => {
  while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) {}
  response.once('drain', () => flood(response))
}

const answers: Record<string, (response: ServerResponse) => void> = {
  '/endless': response => flood(response.writeHead(200)),
  '/huge': response => response.writeHead(200, { 'content-length': 10 ** 12 }).write('x'),
  '/signature': response => response.writeHead(200).end(Buffer.alloc(70 * 1024)),
  '/archive': response => response.end('archive'),
  '/silent': () => undefined,
  '/stalls': response => void response.writeHead(200, { 'content-length': 100 }).write('x'),
  '/circle': response => response.writeHead(302, { location: '/circle' }).end(),
  '/local-file': response => response.writeHead(302, { location: 'file:///etc/shadow' }).end(),
  '/once': response => response.writeHead(302, { location: '/archive' }).end(),
}

beforeAll(async () => {
  server = createServer((request, response) => {
    response.on('error', () => undefined)
    asked.push(request.url ?? '')
    answers[request.url ?? '']?.(response)
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-limits-'))
  asked.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(DownloadFailed)
  return (error as Error).message
}
const file = () => join(folder, 'file')

it('an endless body stops at the limit, and nothing of it is kept', async () => {
  expect(await failure(download(`${base}/endless`, file(), { maxBytes: 1024 ** 2 }))).toBe(`${base}/endless is larger than 1 MiB`)
  expect(existsSync(file())).toBe(false)
})

it('a body with a Content-Length over the limit is not downloaded', async () => {
  expect(await failure(download(`${base}/huge`, file()))).toBe(`${base}/huge is larger than 512 MiB`)
  expect(existsSync(file())).toBe(false)
})

it('a server that does not answer, or stops in the middle, runs into the time limit', async () => {
  expect(await failure(download(`${base}/silent`, file(), { stallLimit: 200 }))).toBe(`${base}/silent: no data for 0.2 s`)
  expect(await failure(download(`${base}/stalls`, file(), { stallLimit: 200 }))).toBe(`${base}/stalls: no data for 0.2 s`)
})

it('the number of redirects is limited, and they cannot lead to a local file', async () => {
  expect(await failure(download(`${base}/circle`, file()))).toBe(`${base}/circle: more than 5 redirects`)
  expect(asked).toHaveLength(6)
  expect(await failure(download(`${base}/local-file`, file()))).toBe(
    `${base}/local-file: the server redirects to file:///etc/shadow, which is not followed`,
  )
  await download(`${base}/once`, file())
  expect(statSync(file()).size).toBe(7)
})

it('the size of a signature is limited', async () => {
  const sha256 = createHash('sha256').update('archive').digest('hex')
  const archive = { source: `${base}/archive`, sha256, signature: `${base}/signature`, keyring: '/nowhere' }
  expect(await failure(fetchArchive(archive, { cache: folder }))).toBe(`${base}/signature is larger than 64 KiB`)
})

it('a path must be a regular file with a plausible size', async () => {
  expect(await failure(fetchArchive({ source: '/dev/zero', sha256: 'x' }, { cache: folder }))).toBe(
    'the archive /dev/zero is not a regular file',
  )
  const large = join(folder, 'large')
  writeFileSync(large, '')
  truncateSync(large, 1024 ** 3)
  expect(await failure(fetchArchive({ source: large, sha256: 'x' }, { cache: folder }))).toBe(
    `the archive ${large} has 1073741824 bytes, more than the limit of 536870912`,
  )
})
