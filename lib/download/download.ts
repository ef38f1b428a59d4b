import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { DownloadFailed } from './failed.ts'

export interface DownloadOptions {
  /** Bytes received, and the total if the server reports it. */
  onProgress?: (bytes: number, total: number | undefined) => void
  signal?: AbortSignal
  /** Maximum size of the file in bytes; default 512 MiB. */
  maxBytes?: number
  /** ms without data after which the download fails; default 60 000. */
  stallLimit?: number
}

const maxBytes = 512 * 1024 ** 2
const defaultStallLimit = 60_000
/** Maximum duration of a download in ms: it allows a slow line, but not a server that sends one byte a minute. */
const longest = 4 * 3_600_000
const redirects = 5

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? 0

/** `bytes 100-199/200`: the start of a part and the total size (RFC 9110, section 14.4). */
const contentRange = (header: string | null): { start: number; total: number | undefined } | undefined => {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header ?? '') ?? []
  return start === undefined ? undefined : { start: Number(start), total: total === '*' ? undefined : Number(total) }
}

/**
 * Downloads a URL to a file. Resumes an earlier, interrupted download if the server supports it (HTTP Range); the caller must verify the
 * checksum of the result. After an interruption the received part is kept, unless it exceeds the maximum size.
 * @throws DownloadFailed, the signal's reason
 */
export const download = async (url: string, file: string, options: DownloadOptions = {}): Promise<void> => {
  const watch = watchdog(options)
  try {
    await transfer(url, file, options, watch)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (watch.expired()) throw new DownloadFailed(`${url}: ${watch.expired()}`, 'Run again: it resumes where it stopped.')
    throw error
  } finally {
    watch.end()
  }
}

interface Watchdog {
  /** Aborted by the caller or by a limit. */
  signal: AbortSignal
  moved(): void
  /** The limit that was reached. */
  expired(): string | undefined
  end(): void
}

const watchdog = ({ signal, stallLimit = defaultStallLimit }: DownloadOptions): Watchdog => {
  const own = new AbortController()
  let why: string | undefined
  const after = (ms: number, reason: string) =>
    setTimeout(() => {
      why ??= reason
      own.abort()
    }, ms)
  const stall = after(stallLimit, `no data for ${stallLimit / 1000} s`)
  const total = after(longest, `it took longer than ${longest / 3_600_000} h`)
  return {
    signal: signal ? AbortSignal.any([signal, own.signal]) : own.signal,
    moved: () => void stall.refresh(),
    expired: () => why,
    end() {
      clearTimeout(stall)
      clearTimeout(total)
    },
  }
}

const tooLarge = (url: string, most: number): DownloadFailed =>
  new DownloadFailed(
    `${url} is larger than ${most >= 1024 ** 2 ? `${most / 1024 ** 2} MiB` : `${most / 1024} KiB`}`,
    'Is the address right?',
  )

const transfer = async (url: string, file: string, options: DownloadOptions, watch: Watchdog): Promise<void> => {
  const most = options.maxBytes ?? maxBytes
  const have = await sizeOf(file)
  const response = await ask(url, have, watch.signal)
  watch.moved()
  if (response.status === 416) {
    // There is nothing after the received part: the file is complete, or a different one; the checksum decides.
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
  if (total !== undefined && total > most) {
    await response.body.cancel()
    throw tooLarge(url, most)
  }
  await save(url, response.body as ReadableStream, { file, from: part?.start ?? 0, total, most, options, watch })
}

const ask = async (url: string, have: number, signal: AbortSignal): Promise<Response> => {
  // A compressed body cannot be resumed at a byte offset.
  const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) }
  if (!URL.canParse(url)) throw new DownloadFailed(`${url} is not a valid URL`)
  let at = new URL(url)
  for (let hop = 0; hop <= redirects; hop += 1) {
    const response = await get(url, at, headers, signal)
    const next = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get('location') : null
    if (next === null) return response
    await response.body?.cancel()
    at = redirected(url, at, next)
  }
  throw new DownloadFailed(`${url}: more than ${redirects} redirects`, 'Is the address right?')
}

/** The target of a redirect: never from https to http, never a local file. */
const redirected = (url: string, at: URL, location: string): URL => {
  const next = URL.canParse(location, at.href) ? new URL(location, at.href) : undefined
  if (next?.protocol === 'https:' || (next?.protocol === 'http:' && at.protocol === 'http:')) return next
  throw new DownloadFailed(`${url}: the server redirects to ${location.slice(0, 200)}, which is not followed`, 'Give the final address.')
}

const get = async (url: string, at: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> => {
  try {
    return await fetch(at.href, { headers, signal, redirect: 'manual' })
  } catch (error) {
    signal.throwIfAborted()
    throw new DownloadFailed(`${url} cannot be reached: ${reasonOf(error)}`, 'Download it by other means, and give its path instead.')
  }
}

interface Saving {
  file: string
  from: number
  total: number | undefined
  most: number
  options: DownloadOptions
  watch: Watchdog
}

const save = async (url: string, body: ReadableStream, { file, from, total, most, options, watch }: Saving): Promise<void> => {
  let bytes = from
  const count = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > most) throw tooLarge(url, most)
      watch.moved()
      options.onProgress?.(bytes, total)
      yield chunk
    }
  }
  try {
    const target = createWriteStream(file, { flags: from > 0 ? 'a' : 'w', mode: 0o600 })
    await pipeline(Readable.fromWeb(body), count, target, { signal: watch.signal })
  } catch (error) {
    watch.signal.throwIfAborted()
    if (error instanceof DownloadFailed) {
      await rm(file, { force: true })
      throw error
    }
    throw new DownloadFailed(`${url} was interrupted after ${bytes} bytes: ${reasonOf(error)}`, 'Run again: it resumes where it stopped.')
  }
  if (total !== undefined && bytes !== total) {
    if (bytes > total) await rm(file, { force: true })
    throw new DownloadFailed(`${url} ended after ${bytes} of ${total} bytes`, 'Run again: it resumes where it stopped.')
  }
}

/** fetch reports "fetch failed", with the reason in the cause. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause)
}
