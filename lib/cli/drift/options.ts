import type { Command } from 'commander'

/** Options of `drift` in addition to those of a play. */
export interface DriftOptions {
  report?: string
  metrics?: string
  syslog?: boolean
  onChangeOnly?: boolean
}

/** Options of `drift` and of the job that runs it. */
export const withDriftOptions = (command: Command): Command =>
  command
    .option('--report <file>', 'write the result as JSON (docs/drift.md)')
    .option('--metrics <file>', 'write metrics for the textfile collector of Prometheus')
    .option('--syslog', 'also write to the system log of this machine, with logger(1)')
