import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { Unreachable } from '../../../lib/ssh/connection.ts'
import { UploadFailed } from '../../../lib/ssh/upload.ts'
import { describePlaces } from './places.ts'
import { startSshd, whyNoSshd } from './sshd.ts'

const directory = mkdtempSync(join(tmpdir(), 'nfsha-upload-'))
const local = join(directory, 'local')
const content = randomBytes(12_000_000)
const sha256 = createHash('sha256').update(content).digest('hex')
beforeAll(() => writeFileSync(local, content))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A directory on the "host", which is also this machine. */
const empty = (): string => mkdtempSync(join(directory, 'there-'))
const partial = (there: string) => join(there, `.nfsha-play.${sha256.slice(0, 24)}.part`)

describePlaces('upload', here => {
  const upload = (path: string, more = {}) => here().connection.upload(local, path, { sha256, ...more })

  it('transfers the complete file with its mode, and leaves nothing else', async () => {
    const there = empty()
    const path = join(there, "it's here")
    const seen: [number, number][] = []
    await upload(path, { mode: 0o640, onProgress: (sent: number, total: number) => seen.push([sent, total]) })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(readdirSync(there)).toEqual(["it's here"])
    expect(seen.length).toBeGreaterThan(10)
    expect(seen.at(-1)).toEqual([content.length, content.length])
    expect(seen.map(([sent]) => sent)).toEqual(seen.map(([sent]) => sent).sort((a, b) => a - b))
  })

  it('replaces an existing file only with the complete one', async () => {
    const path = join(empty(), 'file')
    writeFileSync(path, 'old')
    await expect(upload(path, { sha256: 'ab'.repeat(32) })).rejects.toThrow(UploadFailed)
    expect(readFileSync(path, 'utf8')).toBe('old')
    await upload(path)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('resumes an interrupted upload', async () => {
    const there = empty()
    writeFileSync(partial(there), content.subarray(0, 9_000_000), { mode: 0o600 })
    const sent: number[] = []
    await upload(join(there, 'file'), { onProgress: (bytes: number) => sent.push(bytes) })
    expect(readFileSync(join(there, 'file')).equals(content)).toBe(true)
    expect(sent[0]).toBeGreaterThan(9_000_000)
  })

  it('removes a file with the wrong checksum, and reports both checksums', async () => {
    const there = empty()
    writeFileSync(partial(there), 'something else', { mode: 0o600 })
    const error = await upload(join(there, 'file')).catch(reason => reason)
    expect(error).toBeInstanceOf(UploadFailed)
    expect(error.message).toMatch(
      new RegExp(`^M1: cannot upload to ${join(there, 'file')}: its SHA-256 on the host is [0-9a-f]{64}, not ${sha256}`),
    )
    expect(readdirSync(there)).toEqual([])
    await upload(join(there, 'file'))
  })

  it('does not follow a link under the temporary name', async () => {
    const there = empty()
    const victim = join(directory, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, partial(there))
    await upload(join(there, 'file'))
    expect(readFileSync(victim, 'utf8')).toBe('precious')
  })

  it('explains a missing directory', async () => {
    await expect(upload('/nonexistent/file')).rejects.toThrow('M1: cannot upload to /nonexistent/file: there is no directory /nonexistent')
  })

  it('accepts an empty file', async () => {
    const none = join(directory, 'none')
    writeFileSync(none, '')
    const path = join(empty(), 'file')
    await here().connection.upload(none, path, { sha256: createHash('sha256').digest('hex') })
    expect(statSync(path).size).toBe(0)
  })
})

const missing = whyNoSshd()

describe.skipIf(missing)(`an interrupted upload${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('ends with the connection, and the next one resumes it', async () => {
    const sshd = await startSshd()
    onTestFinished(() => sshd.stop())
    const there = empty()
    const path = join(there, 'file')
    const first = await connect(sshd.target())
    const onProgress = (sent: number) => {
      if (sent > 6_000_000) for (const pid of sshd.sessions()) process.kill(pid, 'SIGKILL')
    }
    await expect(first.upload(local, path, { sha256, onProgress })).rejects.toBeInstanceOf(Unreachable)
    await first.close()
    expect(existsSync(path)).toBe(false)
    const kept = statSync(partial(there)).size
    expect(kept).toBeGreaterThan(0)
    const second = await connect(sshd.target())
    const sent: number[] = []
    await second.upload(local, path, { sha256, onProgress: bytes => sent.push(bytes) })
    expect(sent[0]).toBeGreaterThan(kept - 1)
    expect(readFileSync(path).equals(content)).toBe(true)
    await second.close()
  })
})
