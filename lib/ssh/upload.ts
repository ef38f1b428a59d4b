import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { posix } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { UploadOptions } from './connection.ts'
import type { SshHost } from './host.ts'
import { lastLines } from './last-lines.ts'
import { startProcess } from './process.ts'
import { quote } from './quote.ts'
import { exitCode, runScript } from './run.ts'

/** KiB that must stay free besides the file itself, so that an upload alone never fills a disk. */
const reserveKib = 1024

/** A failed upload, with the host and the path. */
export class UploadFailed extends Error {
  override readonly name = 'UploadFailed'
  readonly host: string
  readonly path: string
  readonly hint: string | undefined
  constructor(host: string, path: string, reason: string, hint?: string) {
    super(`${host}: cannot upload to ${path}: ${reason}`)
    this.host = host
    this.path = path
    this.hint = hint
  }
}

/** Exit codes of the scripts below, distinct from those of the tools in them. */
const endCodes = { noSpace: 81, cutShort: 82, wrongSum: 83, noDirectory: 84 }

/**
 * Streams a local file to the host over stdin, into a temporary file beside `path` that is named after the checksum, so an interrupted
 * upload can resume. The host verifies the checksum, then sets the mode, syncs and renames: `path` appears only once the file is complete.
 * @throws UploadFailed, Unreachable
 */
export const uploadFile = async (host: SshHost, localFile: string, path: string, options: UploadOptions): Promise<void> => {
  const { size } = await stat(localFile)
  const temporary = posix.join(posix.dirname(path), `.nfsha-play.${options.sha256.slice(0, 24)}.part`)
  const offset = await prepare(host, path, temporary, size)
  await send(host, { localFile, path, temporary, size, offset, options })
}

/** How many bytes an earlier, interrupted upload of the same file left; 0 if there is none that can be trusted. */
const prepare = async (host: SshHost, path: string, temporary: string, size: number): Promise<number> => {
  const result = await runScript(host, prepareScript(path, temporary, size), { timeout: 60_000, maxOutput: 64 * 1024 })
  if (result.code === endCodes.noDirectory) throw new UploadFailed(host.name, path, `there is no directory ${posix.dirname(path)}`)
  if (result.code === endCodes.noSpace)
    throw new UploadFailed(host.name, path, `no space: ${result.stderr.trim()}`, `Make room there: df -h ${posix.dirname(path)}`)
  if (result.code !== 0) throw new UploadFailed(host.name, path, `exit code ${result.code}: ${lastLines(result.stderr)}`)
  const offset = /^\d{1,15}$/.test(result.stdout.trim()) ? Number(result.stdout) : undefined
  if (offset === undefined || offset > size)
    throw new UploadFailed(host.name, path, `the host did not report how much of the file it has: ${result.stdout.trim().slice(0, 80)}`)
  return offset
}

/** Prints how many bytes of the file the host has. */
export const prepareScript = (
  path: string,
  temporary: string,
  size: number,
): string => `t=${quote(temporary)}; d=${quote(posix.dirname(path))}
[ -d "$d" ] || exit ${endCodes.noDirectory}
# The name can be guessed: another user may have created the file, or a link to any other file.
if [ -L "$t" ] || { [ -e "$t" ] && { [ ! -f "$t" ] || [ ! -O "$t" ]; }; }; then rm -rf -- "$t"; fi
have=0; [ -f "$t" ] && have=$(wc -c <"$t")
[ "$have" -le ${size} ] || { rm -f -- "$t"; have=0; }
need=$(( (${size} - have) / 1024 + ${reserveKib} ))
free=$(df -Pk "$d" | awk 'END { print $4 }')
[ "$free" -ge "$need" ] || { echo "$need KiB needed, $free KiB free" >&2; exit ${endCodes.noSpace}; }
echo $have`

export interface Sending {
  localFile: string
  path: string
  temporary: string
  size: number
  offset: number
  options: UploadOptions
}

const send = async (host: SshHost, sending: Sending): Promise<void> => {
  const { path, options } = sending
  const process = startProcess(host, receiveScript(sending))
  process.stdin.on('error', () => {})
  process.stdout.resume()
  let said = ''
  process.stderr.on('data', chunk => {
    said = `${said}${chunk}`.slice(-saidLength)
  })
  const over = new AbortController()
  const stall = stallTimer(() =>
    process.abandon(new UploadFailed(host.name, path, `no progress for ${stallLimit / 60_000} min`, againHint)),
  )
  const watched = { ...sending, options: { ...options, onProgress: stall.moved(options.onProgress) } }
  const feeding = feed(watched, process.stdin, over.signal)
  feeding.catch(() => {})
  const code = exitCode(
    await process.ended.finally(() => {
      over.abort()
      stall.end()
    }),
  )
  if (code === 0) return
  if (code === endCodes.wrongSum) {
    const reason = `its SHA-256 on the host is ${said.trim()}, not ${options.sha256}; the temporary file was removed`
    throw new UploadFailed(
      host.name,
      path,
      reason,
      'Was the local file changed, or is the checksum of another version? Correct it and run again.',
    )
  }
  const broken =
    code === endCodes.cutShort ? await feeding.then(() => 'it was interrupted', localReason) : `exit code ${code}: ${lastLines(said)}`
  throw new UploadFailed(host.name, path, broken, againHint)
}

/** How many characters of the host's stderr are kept. */
const saidLength = 8 * 1024
/** ms within which the host must accept a chunk, or compute the checksum of the whole file. */
const stallLimit = 600_000
const againHint = 'Run again: it resumes where it stopped.'

const stallTimer = (onStall: () => void) => {
  let timer = setTimeout(onStall, stallLimit)
  return {
    moved:
      (tell: UploadOptions['onProgress']) =>
      (sent: number, total: number): void => {
        clearTimeout(timer)
        timer = setTimeout(onStall, stallLimit)
        tell?.(sent, total)
      },
    end: () => clearTimeout(timer),
  }
}

const localReason = (error: Error): string =>
  error.name === 'AbortError' ? 'it was interrupted' : `the local file cannot be read: ${error.message}`

/** Stops with the receiver: anything read after that would be reported as progress. */
const feed = async ({ localFile, size, offset, options }: Sending, stdin: Writable, signal: AbortSignal): Promise<void> => {
  let sent = offset
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      yield chunk
      // Resumes only when the channel has accepted the chunk.
      sent += chunk.length
      options.onProgress?.(sent, size)
    }
  }
  await pipeline(createReadStream(localFile, { start: offset, highWaterMark: 256 * 1024 }), count, stdin, { signal })
}

export const receiveScript = ({ path, temporary, size, offset, options }: Sending): string => {
  const mode = (options.mode ?? 0o644).toString(8).padStart(4, '0')
  return `umask 077; t=${quote(temporary)}
[ -f "$t" ] || ( set -C; : >"$t" ) || exit 1
[ "$(wc -c <"$t")" -eq ${offset} ] || { echo "another upload writes $t" >&2; exit 1; }
cat >>"$t" || exit 1
[ "$(wc -c <"$t")" -eq ${size} ] || exit ${endCodes.cutShort}
sum=$(sha256sum <"$t") || exit 1
sum=\${sum%% *}
[ "$sum" = ${quote(options.sha256.toLowerCase())} ] || { rm -f -- "$t"; echo "$sum" >&2; exit ${endCodes.wrongSum}; }
# dd is the only tool on every system that can sync a single file.
chmod ${mode} "$t" && dd if=/dev/null of="$t" conv=notrunc,fsync 2>/dev/null && mv -f -- "$t" ${quote(path)}`
}
