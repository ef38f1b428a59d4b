import type { Event } from '../engine/events.ts'
import type { OutputStream } from './output.ts'
import type { ColorLevel } from './parts/palette.ts'

/** Shows a run. Decides nothing: everything it shows is in the events. */
export interface View {
  on(event: Event): void
  /** Resolves when all is drawn and handed to the streams. */
  close(): Promise<void>
  /** The exit code of a format that has its own, when the run has ended. */
  exitCode?(): number | undefined
}

export interface ViewOptions {
  /** Results: what one pipes on. Default process.stdout. */
  stdout?: OutputStream
  /** Progress and warnings. Default process.stderr. */
  stderr?: OutputStream
  /** How often `-v` was given: 1 shows what is as it should be and what was skipped, 2 times and steps as well. */
  verbosity?: number
  /** Overrides what the streams and NO_COLOR, FORCE_COLOR say. */
  color?: ColorLevel
}
