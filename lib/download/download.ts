import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { DownloadFailed } from './failed.ts'

export interface DownloadOptions {
  /** Bytes that are here, and of how many where the server says so. */
  onProgress?: (bytes: number, total: number | undefined) => void
  signal?: AbortSignal
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? 0

/** `bytes 100-199/200`: where a part begins and how long the whole is (RFC 9110, 14.4). */
const contentRange = (header: string | null): { start: number; total: number | undefined } | undefined => {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header ?? '') ?? []
  return start === undefined ? undefined : { start: Number(start), total: total === '*' ? undefined : Number(total) }
}

/**
 * Downloads a URL to a file. What an earlier, broken download left there is gone on with, where the server can (HTTP Range); the caller
 * judges by a sum whether the whole is right. What has come stays when it breaks off.
 * @throws DownloadFailed, the signal's reason
 */
export const download = async (url: string, file: string, options: DownloadOptions = {}): Promise<void> => {
  const have = await sizeOf(file)
  const response = await ask(url, have, options.signal)
  if (response.status === 416) {
    // Nothing lies behind what is here already: it is the whole, or something else; the sum tells.
    await response.body?.cancel()
    return
  }
  const part = response.status === 206 ? contentRange(response.headers.get('content-range')) : undefined
  if (!response.ok || !response.body || (response.status === 206 && part?.start !== have)) {
    await response.body?.cancel()
    throw new DownloadFailed(
      `${url}: the server answers ${response.status} ${response.statusText}`.trim(),
      'Is the address right? An archive that is on this machine already can be given by its path.',
    )
  }
  const length = response.headers.get('content-length')
  const total = part ? part.total : length === null ? undefined : Number(length)
  await save(url, response.body as ReadableStream, { file, from: part?.start ?? 0, total, options })
}

const ask = async (url: string, have: number, signal: AbortSignal | undefined): Promise<Response> => {
  // A body that the server compresses on the way has no bytes to go on at.
  const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) }
  try {
    return await fetch(url, { headers, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    throw new DownloadFailed(`${url} cannot be reached: ${reasonOf(error)}`, 'Download it by other means, and give its path instead.')
  }
}

interface Saving {
  file: string
  from: number
  total: number | undefined
  options: DownloadOptions
}

const save = async (url: string, body: ReadableStream, { file, from, total, options }: Saving): Promise<void> => {
  let bytes = from
  async function* count(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      bytes += chunk.length
      options.onProgress?.(bytes, total)
      yield chunk
    }
  }
  try {
    const target = createWriteStream(file, { flags: from > 0 ? 'a' : 'w', mode: 0o600 })
    await pipeline(Readable.fromWeb(body), count, target, options.signal ? { signal: options.signal } : {})
  } catch (error) {
    options.signal?.throwIfAborted()
    throw new DownloadFailed(`${url} broke off after ${bytes} bytes: ${reasonOf(error)}`, 'Run again: it goes on where it stopped.')
  }
  if (total !== undefined && bytes !== total) {
    if (bytes > total) await rm(file, { force: true })
    throw new DownloadFailed(`${url} ended after ${bytes} of ${total} bytes`, 'Run again: it goes on where it stopped.')
  }
}

/** fetch says "fetch failed" and keeps why in the cause. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause)
}
