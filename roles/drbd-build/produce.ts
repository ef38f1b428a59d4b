import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApplyContext, Progress } from '../../lib/role-api/index.ts'
import { ApplyFailed, failedScript, fetchArchive, jobsDirectory, runJob } from '../../lib/role-api/index.ts'
import { buildName, type Part } from './parts.ts'
import { archiveOnHost, archiveThere, buildOnHost, buildScript, installScript } from './scripts.ts'

type Connection = ApplyContext['connection']

/** What a build needs from its caller: keyring, progress reporting, cancellation. */
export interface Surroundings {
  keyring: string | undefined
  progress(progress: Progress): void
  signal: AbortSignal
}

/** ms. A compile takes minutes on real hardware and half an hour on an emulated machine. */
const buildLimit = 4 * 3_600_000
const shortLimit = 300_000

/**
 * Pure: the relevant lines of a failed build: the compiler's first error and what follows it, or the last lines if there is none. In a
 * parallel build the last lines come from the other compilers.
 */
export const errorLines = (output: string, count = 12): string => {
  const lines = output.trimEnd().split('\n')
  const first = lines.findIndex(line => /\berror:|\bERROR:|No space left/.test(line))
  return (first < 0 ? lines.slice(-count) : lines.slice(first, first + count)).join('\n')
}

const share = (text: string, done: number, total: number | undefined): Progress =>
  total ? { text, percent: Math.floor((done / total) * 100) } : { text: `${text}, ${Math.round(done / 2 ** 20)} MiB` }

const nameOf = ({ archive }: Part): string => archive.source.replace(/.*\//, '')

/**
 * Each archive is downloaded once, and sent to each host once: builds for later kernels reuse it. Nothing is sent before all archives are
 * verified.
 */
const deliver = async (connection: Connection, parts: Part[], { keyring, progress, signal }: Surroundings): Promise<void> => {
  const files = new Map<string, { part: Part; file: string }>()
  for (const part of parts) {
    const path = archiveOnHost(part)
    const there = await connection.run(archiveThere(part), { timeout: shortLimit })
    if (there.stdout.trim() === 'there' || files.has(path)) continue
    const onProgress = (bytes: number, total?: number) => progress(share(`download ${nameOf(part)}`, bytes, total))
    files.set(path, { part, file: await fetchArchive({ ...part.archive, keyring }, { signal, onProgress }) })
  }
  for (const [path, { part, file }] of files)
    await connection.upload(file, path, {
      sha256: part.archive.sha256,
      mode: 0o600,
      onProgress: (bytes, total) => progress(share(`send ${nameOf(part)} to ${connection.host}`, bytes, total)),
    })
}

/**
 * Builds parts on a host, each into one file. Installs nothing, and builds nothing before all archives are there.
 * @throws ApplyFailed, DownloadFailed, what uploads and jobs throw
 */
export const produce = async (connection: Connection, parts: Part[], around: Surroundings): Promise<void> => {
  await deliver(connection, parts, around)
  for (const part of parts) await compile(connection, part, around)
}

/** Runs as a job: it continues when the connection is lost, and the next run attaches to it. */
const compile = async (connection: Connection, part: Part, around: Surroundings): Promise<void> => {
  const id = buildName(part)
  let last = ''
  const { code, output } = await runJob(connection, {
    id,
    script: buildScript(part),
    timeout: buildLimit,
    signal: around.signal,
    onOutput(text) {
      const lines = (last + text).split('\n')
      last = lines.pop() ?? ''
      const line = lines.findLast(l => l.trim() !== '')
      if (line !== undefined) around.progress({ text: `${part.label}: ${line.trim().slice(0, 100)}` })
    },
  })
  if (code === 0) return
  throw new ApplyFailed(`building DRBD's ${part.label} on ${connection.host} ended with exit code ${code}; nothing was installed`, {
    detail: errorLines(output),
    hint: `the complete log on ${connection.host}: ${jobsDirectory}/${id}/output`,
  })
}

/** Installs a build that is already on the host. */
export const install = async (connection: Connection, part: Part, { progress }: Surroundings): Promise<void> => {
  progress({ text: `${part.label}: install on ${connection.host}` })
  const result = await connection.run(installScript(part), { timeout: shortLimit })
  if (result.code !== 0) throw failedScript(`installing DRBD's ${part.label} on ${connection.host}`, result)
}

/** Copies a build from the host that made it to the other hosts in `takers`, through this machine. */
export const distribute = async (from: Connection, takers: Connection[], part: Part, { progress, signal }: Surroundings): Promise<void> => {
  const to = takers.filter(taker => taker !== from)
  if (to.length === 0) return
  const folder = await mkdtemp(join(tmpdir(), 'nfsha-build-'))
  try {
    const file = join(folder, 'build.tar.gz')
    progress({ text: `${part.label}: from ${from.host} to ${to.map(c => c.host).join(' and ')}` })
    const sha256 = await receive(from, buildOnHost(part), file, signal)
    for (const connection of to) {
      await connection.run(archiveThere(part), { timeout: shortLimit })
      await connection.upload(file, buildOnHost(part), { sha256, mode: 0o600 })
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Copies a file from the host to this machine; returns its SHA-256. */
const receive = async (connection: Connection, path: string, file: string, signal: AbortSignal): Promise<string> => {
  const hash = createHash('sha256')
  const target = createWriteStream(file, { mode: 0o600 })
  const written = new Promise<void>((resolve, reject) => target.once('finish', resolve).once('error', reject))
  // It is awaited only after the transfer: avoid an unhandled rejection until then.
  written.catch(() => undefined)
  const result = await connection
    .run(`cat ${path}`, {
      signal,
      maxOutput: 1024 ** 3,
      onStdoutBytes(bytes) {
        // The caller may reuse the buffer after this returns.
        const piece = Buffer.from(bytes)
        hash.update(piece)
        target.write(piece)
      },
    })
    .finally(() => target.end())
  await written
  if (result.code !== 0) throw failedScript(`reading ${path} on ${connection.host}`, result)
  return hash.digest('hex')
}
