import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Archive, fetchArchive } from '../../../lib/download/archive.ts'
import { DownloadFailed } from '../../../lib/download/failed.ts'

// A real HTTP server on the loopback, with or without range requests, that can close the connection early.

const content = randomBytes(3_000_000)
const sha256 = createHash('sha256').update(content).digest('hex')
const root = mkdtempSync(join(tmpdir(), 'nfsha-download-'))
let cache = ''
let count = 0
let server: Server
let base = ''

interface Asked {
  path: string
  range: string | undefined
}
let asked: Asked[] = []
let ranges = true
/** Bytes of the body after which the server closes the connection. */
let cutAfter: number | undefined
/** Resolves when the server has sent the first bytes of a body. */
let files: Record<string, Buffer> = {}

const answer = (request: IncomingMessage, response: ServerResponse) => {
  const path = request.url ?? ''
  const { range } = request.headers
  asked.push({ path, range })
  const body = files[path]
  if (!body) return response.writeHead(404).end('no such file')
  const start = ranges ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0
  if (start >= body.length) return response.writeHead(416).end()
  const part = body.subarray(start)
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': part.length,
    ...(start > 0 && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
  })
  if (cutAfter === undefined) return response.end(part)
  return response.write(part.subarray(0, cutAfter), () => response.destroy())
}

beforeAll(async () => {
  server = createServer(answer)
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(root, { recursive: true, force: true })
})
beforeEach(() => {
  cache = join(root, String(count++))
  files = { '/drbd.tar.gz': content }
})
afterEach(() => {
  asked = []
  ranges = true
  cutAfter = undefined
})

const archive = (more: Partial<Archive> = {}): Archive => ({ source: `${base}/drbd.tar.gz`, sha256, ...more })
const get = (more: Partial<Archive> = {}, options = {}) => fetchArchive(archive(more), { cache, ...options })
const failure = (promise: Promise<unknown>): Promise<DownloadFailed> =>
  promise.then(
    () => expect.fail('it did not fail'),
    error => {
      expect(error).toBeInstanceOf(DownloadFailed)
      return error
    },
  )

describe('by URL', () => {
  it('is downloaded once, with progress, and then found in the cache', async () => {
    const seen: [number, number | undefined][] = []
    const file = await get({}, { onProgress: (bytes: number, total?: number) => seen.push([bytes, total]) })
    expect(readFileSync(file).equals(content)).toBe(true)
    expect(seen.at(-1)).toEqual([content.length, content.length])
    expect(await get()).toBe(file)
    expect(asked).toHaveLength(1)
    expect(readdirSync(cache)).toEqual([sha256])
  })

  it('is downloaded once for two hosts that request it at the same time', async () => {
    const [one, two] = await Promise.all([get(), get()])
    expect(one).toBe(two)
    expect(asked).toHaveLength(1)
  })

  it('is resumed after an interruption', async () => {
    cutAfter = 1_000_000
    const error = await failure(get())
    expect(error.message).toMatch(/drbd\.tar\.gz was interrupted after \d+ bytes/)
    expect(error.hint).toMatch(/Run again: it resumes where it stopped/)
    const kept = readFileSync(join(cache, `${sha256}.part`)).length
    expect(kept).toBeGreaterThan(0)
    expect(existsSync(join(cache, sha256))).toBe(false)
    cutAfter = undefined
    const file = await get()
    expect(asked[1]?.range).toBe(`bytes=${kept}-`)
    expect(readFileSync(file).equals(content)).toBe(true)
  })

  it('starts again from the beginning if the server does not support ranges', async () => {
    cutAfter = 1_000_000
    await failure(get())
    cutAfter = undefined
    ranges = false
    expect(readFileSync(await get()).equals(content)).toBe(true)
  })

  it('accepts a partial file that is in fact complete', async () => {
    mkdirSync(cache, { recursive: true })
    writeFileSync(join(cache, `${sha256}.part`), content)
    expect(readFileSync(await get()).equals(content)).toBe(true)
    expect(asked.map(a => a.range)).toEqual([`bytes=${content.length}-`])
  })

  it('discards a partial file of something else and downloads the whole file', async () => {
    mkdirSync(cache, { recursive: true })
    writeFileSync(join(cache, `${sha256}.part`), 'of something else')
    expect(readFileSync(await get()).equals(content)).toBe(true)
    expect(asked.map(a => a.range)).toEqual(['bytes=17-', undefined])
  })

  it('is refused if the checksum is wrong: both checksums are named and nothing is kept', async () => {
    files['/drbd.tar.gz'] = Buffer.from('another archive')
    const error = await failure(get())
    const wrong = createHash('sha256').update('another archive').digest('hex')
    expect(error.message).toBe(`the SHA-256 of ${base}/drbd.tar.gz is ${wrong}, not ${sha256}; the download was removed`)
    expect(error.hint).toMatch(/nothing was sent to any host/)
    expect(readdirSync(cache)).toEqual([])
  })

  it('is downloaded again if somebody changed the cached file', async () => {
    const file = await get()
    writeFileSync(file, 'changed')
    expect(readFileSync(await get()).equals(content)).toBe(true)
    expect(asked).toHaveLength(2)
  })

  it('reports the error of the server', async () => {
    const error = await failure(get({ source: `${base}/gone.tar.gz` }))
    expect(error.message).toBe(`${base}/gone.tar.gz: the server answers 404 Not Found`)
  })

  it('reports that the server does not answer', async () => {
    const error = await failure(get({ source: 'http://127.0.0.1:9/drbd.tar.gz' }))
    expect(error.message).toMatch(/^http:\/\/127\.0\.0\.1:9\/drbd\.tar\.gz cannot be reached: /)
    expect(error.hint).toMatch(/give its path instead/)
  })

  it('ends when it is aborted, and keeps the data received so far', async () => {
    const controller = new AbortController()
    const reason = new Error('interrupted')
    const getting = get({}, { signal: controller.signal, onProgress: () => controller.abort(reason) })
    await expect(getting).rejects.toBe(reason)
    expect(existsSync(join(cache, sha256))).toBe(false)
    expect(readFileSync(await get()).equals(content)).toBe(true)
  })
})

describe('by path', () => {
  it('is used without a copy', async () => {
    const path = join(root, 'local.tar.gz')
    writeFileSync(path, content)
    expect(await get({ source: path })).toBe(path)
    expect(existsSync(cache)).toBe(false)
  })

  it('is refused if the checksum is wrong', async () => {
    const path = join(root, 'other.tar.gz')
    writeFileSync(path, 'other')
    expect((await failure(get({ source: path }))).message).toMatch(new RegExp(`^the SHA-256 of ${path} is [0-9a-f]{64}, not ${sha256}$`))
  })

  it('reports that the file does not exist', async () => {
    const error = await failure(get({ source: '/nonexistent/drbd.tar.gz' }))
    expect(error.message).toMatch(/^the archive \/nonexistent\/drbd\.tar\.gz cannot be read: ENOENT/)
    expect(error.hint).toMatch(/on the machine that runs nfsha-play/)
  })
})

const hasGpg = (() => {
  try {
    execFileSync('gpgv', ['--version'])
    execFileSync('gpg', ['--version'])
    return true
  } catch {
    return false
  }
})()

describe.skipIf(!hasGpg)(hasGpg ? 'with a signature' : 'with a signature (skipped: no gpg here)', () => {
  const home = join(root, 'gnupg')
  const keyring = join(root, 'maker.gpg')
  const stranger = join(root, 'stranger.gpg')
  const gpg = (...argv: string[]) => execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--yes', ...argv], { stdio: 'pipe' })
  beforeAll(() => {
    mkdirSync(home, { mode: 0o700 })
    for (const name of ['maker', 'stranger'])
      gpg('--passphrase', '', '--quick-generate-key', `${name} <${name}@example.com>`, 'ed25519', 'sign', '1d')
    writeFileSync(join(root, 'signed'), content)
    gpg('-u', 'maker@example.com', '--output', join(root, 'drbd.sig'), '--detach-sign', join(root, 'signed'))
    gpg('--output', keyring, '--export', 'maker@example.com')
    gpg('--output', stranger, '--export', 'stranger@example.com')
  }, 60_000)
  afterAll(() => execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']))
  beforeEach(() => {
    files['/drbd.tar.gz.sig'] = readFileSync(join(root, 'drbd.sig'))
  })

  it('is accepted if it was made with a key of the keyring, by URL or by path', async () => {
    const file = await get({ signature: `${base}/drbd.tar.gz.sig`, keyring })
    expect(readFileSync(file).equals(content)).toBe(true)
    expect(await get({ signature: join(root, 'drbd.sig'), keyring })).toBe(file)
  })

  it('is refused if the key is not in the keyring', async () => {
    const error = await failure(get({ signature: `${base}/drbd.tar.gz.sig`, keyring: stranger }))
    expect(error.message).toMatch(/is not signed by a key of .*stranger\.gpg: .*No public key/)
  })

  it('is refused if it belongs to another file', async () => {
    files['/drbd.tar.gz.sig'] = Buffer.from('no signature')
    await failure(get({ signature: `${base}/drbd.tar.gz.sig`, keyring }))
  })
})
