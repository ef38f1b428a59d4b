import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Told } from '../../report/drift/lines.ts'
import { driftMetrics, lastCompleteIn } from '../../report/drift/metrics.ts'
import type { DriftReport } from '../../report/drift/report.ts'
import { complain } from '../../report/output.ts'
import { escapedJson } from '../../text/escape.ts'
import { UsageError } from '../options.ts'
import { stateHome } from '../state-home.ts'

/** Throws `UsageError` before any host is asked when a file could not be written afterwards. */
export const refuseUnwritable = ({ report, metrics }: { report?: string; metrics?: string }): void => {
  for (const [option, file] of [
    ['--report', report],
    ['--metrics', metrics],
  ] as const) {
    if (file === undefined) continue
    const folder = dirname(resolve(file))
    try {
      accessSync(folder, constants.W_OK)
    } catch {
      throw new UsageError(`${option} ${file}: ${existsSync(folder) ? `${folder} cannot be written` : `there is no folder ${folder}`}`)
    }
  }
}

/**
 * Whoever reads the file sees the old one or the new one, never half of it. Nobody foresees the name beside it, and what is there already (a link to
 * anywhere) is not written: the folder may be open to others.
 */
const writeAtomically = (file: string, text: string, mode: number): void => {
  const beside = `${file}.${randomBytes(8).toString('hex')}.new`
  try {
    writeFileSync(beside, text, { mode, flag: 'wx' })
    renameSync(beside, file)
  } finally {
    rmSync(beside, { force: true })
  }
}

export const writeReport = (file: string, report: DriftReport): void =>
  writeAtomically(file, `${escapedJson(JSON.stringify(report, undefined, 2))}\n`, 0o640)

/** The exporter runs as another user, so all may read the figures. */
export const writeMetrics = (file: string, report: DriftReport): void => {
  const before = existsSync(file) ? lastCompleteIn(readFileSync(file, 'utf8')) : undefined
  writeAtomically(file, driftMetrics(report, report.complete ? report.ended : before), 0o644)
}

/** logger(1) makes each line of its input a message of its own. */
export const tellSyslog = (lines: string[]): void => {
  if (lines.length === 0) return
  const { error, status } = spawnSync('logger', ['-t', 'nfsha-play', '-p', 'daemon.warning'], { input: `${lines.join('\n')}\n` })
  if (error !== undefined || status !== 0)
    complain(`--syslog: logger(1) failed: ${error?.message ?? `exit code ${status}`}; the system log was not told\n`)
}

/** What was told last of one command's state. */
export const remembered = (command: string[]): { told: Told | undefined; keep(told: Told | undefined): void } => {
  const name = createHash('sha256')
    .update([process.cwd(), ...command].join('\0'))
    .digest('hex')
    .slice(0, 16)
  const folder = join(stateHome(), 'drift')
  const file = join(folder, `${name}.json`)
  const told = readTold(file)
  return {
    told,
    keep(next) {
      if (next === told) return
      if (next === undefined) return rmSync(file, { force: true })
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeAtomically(file, `${JSON.stringify(next)}\n`, 0o600)
    },
  }
}

/** A file that nobody can read is as good as none: the state is reported once more. */
const readTold = (file: string): Told | undefined => {
  try {
    const { fingerprint, since, told } = JSON.parse(readFileSync(file, 'utf8'))
    return [fingerprint, since, told].every(v => typeof v === 'string') && !Number.isNaN(Date.parse(told))
      ? { fingerprint, since, told }
      : undefined
  } catch {
    return undefined
  }
}
