import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { reasonOf } from '../../config/files.ts'
import type { Told } from '../../report/drift/lines.ts'
import { driftMetrics, lastCompleteIn } from '../../report/drift/metrics.ts'
import type { DriftReport } from '../../report/drift/report.ts'
import { complain } from '../../report/output.ts'
import { escapedJson } from '../../text/escape.ts'
import { refuseReportFile, writeReportFile } from '../../text/report-file.ts'
import { UsageError } from '../options.ts'
import { stateHome } from '../state-home.ts'

/** Throws `UsageError`, before any host is contacted, when a file could not be written later. */
export const refuseUnwritable = ({ report, metrics }: { report?: string; metrics?: string }): void => {
  for (const [option, file] of [
    ['--report', report],
    ['--metrics', metrics],
  ] as const) {
    if (file === undefined) continue
    const folder = dirname(resolve(file))
    try {
      refuseReportFile(file)
    } catch (error) {
      const why = existsSync(folder) ? `it cannot be written: ${reasonOf(error)}` : `there is no folder ${folder}`
      throw new UsageError(`${option} ${file}: ${why}`)
    }
  }
}

export const writeReport = (file: string, report: DriftReport): void =>
  writeReportFile(file, `${escapedJson(JSON.stringify(report, undefined, 2))}\n`, 0o640)

/** World-readable, because the exporter runs as another user. */
export const writeMetrics = (file: string, report: DriftReport): void => {
  const before = existsSync(file) ? lastCompleteIn(readFileSync(file, 'utf8')) : undefined
  writeReportFile(file, driftMetrics(report, report.complete ? report.ended : before), 0o644)
}

/** Delivers a report through one channel. A failure is reported and does not affect the other channels. Returns whether it succeeded. */
export const handOut = (name: string, way: () => void): boolean => {
  try {
    way()
    return true
  } catch (error) {
    complain(`${name}: cannot be written: ${reasonOf(error)}\n`)
    return false
  }
}

/** logger(1) logs each line of its input as a separate message. */
export const tellSyslog = (lines: string[]): void => {
  if (lines.length === 0) return
  const { error, status } = spawnSync('logger', ['-t', 'nfsha-play', '-p', 'daemon.warning'], { input: `${lines.join('\n')}\n` })
  if (error !== undefined || status !== 0)
    complain(`--syslog: logger(1) failed: ${error?.message ?? `exit code ${status}`}; nothing was written to the system log\n`)
}

/** The last reported state of one command. */
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
      writeReportFile(file, `${JSON.stringify(next)}\n`, 0o600)
    },
  }
}

/** An unreadable file is treated as missing: the state is reported once more. */
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
