import { readFileSync } from 'node:fs'
import { ApplyFailed } from '../../resources/outcome.ts'
import { escapedJson } from '../../text/escape.ts'
import { refuseReportFile, writeReportFile } from '../../text/report-file.ts'
import { knownSecrets } from '../../text/secrets.ts'
import { pageOf } from './page.ts'
import type { FailoverReport, Trial } from './record.ts'

/** Throws `ApplyFailed`, before any fault is injected, if the report could not be written later. */
export const refuseUnwritable = (path: string): void => {
  for (const file of [`${path}.json`, `${path}.html`])
    try {
      refuseReportFile(file)
    } catch (error) {
      throw new ApplyFailed(`failover_report: ${file} cannot be written`, { detail: String(error) })
    }
}

/** An earlier report, to show beside a new one. Throws `ApplyFailed` if the file is not a report. */
export const readReport = (file: string): FailoverReport => {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as FailoverReport
    if (report.version === 1 && Array.isArray(report.trials)) return report
  } catch (error) {
    throw new ApplyFailed(`failover_beside: ${file} cannot be read`, { detail: String(error) })
  }
  throw new ApplyFailed(`failover_beside: ${file} is not a report of this version of failover-test.yml`)
}

/** Writes `path.json` and `path.html`; the page also shows `beside`. */
export const writeReport = (path: string, report: FailoverReport, beside: readonly Trial[]): void => {
  writeReportFile(`${path}.json`, `${escapedJson(knownSecrets.mask(JSON.stringify(report)))}\n`, 0o666)
  writeReportFile(`${path}.html`, knownSecrets.mask(pageOf(report, beside)), 0o666)
}
