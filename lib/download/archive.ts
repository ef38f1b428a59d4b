import { access, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveCache } from './cache.ts'
import { sha256Of } from './checksum.ts'
import { type DownloadOptions, download } from './download.ts'
import { DownloadFailed } from './failed.ts'
import { verifySignature } from './signature.ts'

/** A file that is identified by its checksum, wherever it comes from. */
export interface Archive {
  /** URL, or path on the control machine. */
  source: string
  sha256: string
  /** Detached signature: URL or path. Verified against `keyring`. */
  signature?: string | undefined
  keyring?: string | undefined
}

interface FetchOptions extends DownloadOptions {
  cache?: string
}

export const isUrl = (source: string): boolean => /^https?:\/\//.test(source)

const running = new Map<string, Promise<string>>()

/**
 * Returns the path of the archive on this machine, with its checksum (and its signature, if it has one) verified. A local file is used in
 * place, a URL is downloaded once into the cache. Concurrent requests share one download.
 * @throws DownloadFailed, the signal's reason
 */
export const fetchArchive = (archive: Archive, options: FetchOptions = {}): Promise<string> => {
  const key = `${options.cache ?? ''} ${JSON.stringify(archive)}`
  const known = running.get(key) ?? obtain(archive, options).finally(() => running.delete(key))
  running.set(key, known)
  return known
}

const obtain = async (archive: Archive, options: FetchOptions): Promise<string> => {
  const cache = options.cache ?? archiveCache()
  const file = isUrl(archive.source) ? await cached(archive, cache, options) : await local(archive)
  if (archive.signature && archive.keyring) await verifySignature(file, await signatureFile(archive, cache, options), archive.keyring)
  return file
}

/** Maximum bytes of a detached signature: it has a few hundred, armoured and with several signers a few thousand. */
const maxSignature = 64 * 1024
const maxArchive = 512 * 1024 ** 2

/** Refuses devices and pipes, which never end, and files that are too large to be valid. */
const regularFile = async (what: string, file: string, most: number): Promise<void> => {
  const found = await stat(file).catch(error => {
    throw new DownloadFailed(
      `the ${what} ${file} cannot be read: ${error.message}`,
      'The path must exist on the machine that runs nfsha-play.',
    )
  })
  if (!found.isFile()) throw new DownloadFailed(`the ${what} ${file} is not a regular file`)
  if (found.size > most) throw new DownloadFailed(`the ${what} ${file} has ${found.size} bytes, more than the limit of ${most}`)
}

const local = async ({ source, sha256 }: Archive): Promise<string> => {
  await regularFile('archive', source, maxArchive)
  const sum = await sha256Of(source).catch(error => {
    throw new DownloadFailed(
      `the archive ${source} cannot be read: ${error.message}`,
      'The path must exist on the machine that runs nfsha-play.',
    )
  })
  if (sum === sha256) return source
  throw new DownloadFailed(
    `the SHA-256 of ${source} is ${sum}, not ${sha256}`,
    'Compare both with the checksum that the publisher of the archive gives; nothing was sent to any host.',
  )
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

/** The cache is keyed by checksum. Cached files are verified again, to detect changes. */
const cached = async (archive: Archive, cache: string, options: FetchOptions): Promise<string> => {
  const file = join(cache, archive.sha256)
  if (await exists(file)) {
    if ((await sha256Of(file)) === archive.sha256) return file
    await rm(file, { force: true })
  }
  await mkdir(cache, { recursive: true, mode: 0o700 })
  const part = `${file}.part`
  const resumed = await exists(part)
  await download(archive.source, part, options)
  const sum = await sha256Of(part)
  if (sum === archive.sha256) {
    await rename(part, file)
    return file
  }
  await rm(part, { force: true })
  // The remains of an earlier download may be of another file.
  if (resumed) return cached(archive, cache, options)
  throw new DownloadFailed(
    `the SHA-256 of ${archive.source} is ${sum}, not ${archive.sha256}; the download was removed`,
    'Compare both with the checksum that the publisher of the archive gives; nothing was sent to any host.',
  )
}

/** A signature is small and has no checksum: it is downloaded each time, and its verification is sufficient. */
const signatureFile = async ({ signature = '', sha256 }: Archive, cache: string, { signal }: FetchOptions): Promise<string> => {
  if (!isUrl(signature)) {
    await regularFile('signature', signature, maxSignature)
    return signature
  }
  await mkdir(cache, { recursive: true, mode: 0o700 })
  const file = join(cache, `${sha256}.sig`)
  await rm(file, { force: true })
  await download(signature, file, { maxBytes: maxSignature, ...(signal && { signal }) })
  return file
}
