import type { FailoverReport, Trial } from '../record.ts'

export const pageOf = (report: FailoverReport, beside: readonly Trial[]): string =>
  `<!doctype html><pre>${report.trials.length} ${beside.length}</pre>`
