import type { Event } from '../engine/events.ts'
import type { OutputStream } from './output.ts'
import type { ColorLevel } from './parts/palette.ts'

/** Shows a run. Decides nothing: everything it shows is in the events. */
export interface View {
  on(event: Event): void
  /** Resolves when everything is drawn and written to the streams. */
  close(): Promise<void>
  /** Exit code of a format that has its own, after the run has ended. */
  exitCode?(): number | undefined
}

export interface ViewOptions {
  /** Results, to be piped on. Default: process.stdout. */
  stdout?: OutputStream
  /** Progress and warnings. Default: process.stderr. */
  stderr?: OutputStream
  /** How often `-v` was given: 1 also shows what is in sync or skipped, 2 also times and steps. */
  verbosity?: number
  /** Overrides NO_COLOR, FORCE_COLOR and the support of the streams. */
  color?: ColorLevel
}
