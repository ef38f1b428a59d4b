import type { Command } from 'commander'

/** What `drift` has beside the options of a play. */
export interface DriftOptions {
  report?: string
  metrics?: string
  syslog?: boolean
  onChangeOnly?: boolean
}

/** Those of `drift` and of the job that runs it. */
export const withDriftOptions = (command: Command): Command =>
  command
    .option('--report <file>', 'write what was found as JSON (docs/drift.md)')
    .option('--metrics <file>', 'write figures for the textfile collector of Prometheus')
    .option('--syslog', 'also write to the system log of this machine, with logger(1)')
