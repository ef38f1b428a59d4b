import type { Event } from './events.ts'
import type { OutputStream } from './output.ts'
import type { ColorLevel } from './palette.ts'

/** Shows a run. Decides nothing: everything it shows is in the events. */
export interface View {
  on(event: Event): void
  /** Resolves when all is drawn and handed to the streams. */
  close(): Promise<void>
}

export interface ViewOptions {
  /** Results: what one pipes on. Default process.stdout. */
  stdout?: OutputStream
  /** Progress and warnings. Default process.stderr. */
  stderr?: OutputStream
  /** How often `-v` was given: 1 shows what is as it should be and what was skipped, 2 times and steps as well. */
  verbosity?: number
  /** Says nothing at all when there was nothing to say: for `drift` in cron. */
  silentWhenFine?: boolean
  /** Overrides what the streams and NO_COLOR, FORCE_COLOR say. */
  color?: ColorLevel
}

export type OutputFormat = 'human' | 'plain' | 'jsonl'

/** What `--output` means when it was not given: live rows need a terminal on both streams, or a log would miss what scrolled by. */
export function defaultFormat(
  stdout: OutputStream = process.stdout,
  stderr: OutputStream = process.stderr,
  env = process.env,
): OutputFormat {
  return stdout.isTTY === true && stderr.isTTY === true && env.TERM !== 'dumb' ? 'human' : 'plain'
}

/** The view of a format, each loaded only when it is the one. */
export async function openView(format: OutputFormat, options: ViewOptions = {}): Promise<View> {
  if (format === 'jsonl') return (await import('./jsonl.ts')).jsonlView(options)
  if (format === 'plain') return (await import('./plain.ts')).plainView(options)
  return (await import('./human.ts')).humanView(options)
}
