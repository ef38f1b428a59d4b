import { accessSync, constants, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ApplyFailed } from '../../resources/outcome.ts'
import { escapedJson } from '../../text/escape.ts'
import { knownSecrets } from '../../text/secrets.ts'
import { pageOf } from './page.ts'
import type { FailoverReport, Trial } from './record.ts'

/** Throws `ApplyFailed` before any fault is made when the report could not be written afterwards. */
export const refuseUnwritable = (path: string): void => {
  const folder = dirname(resolve(path))
  try {
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new ApplyFailed(`failover_report: ${folder} cannot be written`, { detail: String(error) })
  }
}

/** An earlier report, to be shown beside a new one. Throws `ApplyFailed` when it is none. */
export const readReport = (file: string): FailoverReport => {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as FailoverReport
    if (report.version === 1 && Array.isArray(report.trials)) return report
  } catch (error) {
    throw new ApplyFailed(`failover_beside: ${file} cannot be read`, { detail: String(error) })
  }
  throw new ApplyFailed(`failover_beside: ${file} is no report of this version of failover-test.yml`)
}

const replace = (file: string, text: string): void => {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

/** Writes `path.json` and `path.html`; the page shows `beside` too. */
export const writeReport = (path: string, report: FailoverReport, beside: readonly Trial[]): void => {
  replace(`${path}.json`, `${escapedJson(knownSecrets.mask(JSON.stringify(report)))}\n`)
  replace(`${path}.html`, knownSecrets.mask(pageOf(report, beside)))
}
