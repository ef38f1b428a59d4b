import { Chalk, type ChalkInstance, supportsColor, supportsColorStderr } from 'chalk'
import type { TaskStatus } from '../../engine/events.ts'

/** Colours by meaning; views never name a colour themselves. */
export interface Palette {
  status: Record<TaskStatus | 'unreachable', (text: string) => string>
  strong(text: string): string
  faint(text: string): string
  heading(text: string): string
  warning(text: string): string
  hint(text: string): string
  added(text: string): string
  removed(text: string): string
  hunk(text: string): string
  bar(text: string): string
}

export type ColorLevel = 0 | 1 | 2 | 3

export const palette = (level: ColorLevel): Palette => {
  const chalk = new Chalk({ level })
  // chalk joins all of its arguments: passed to `map` directly, it would print the index too.
  const one = (paint: ChalkInstance) => (text: string) => paint(text)
  const [green, yellow, red, cyan, bold] = [one(chalk.green), one(chalk.yellow), one(chalk.red), one(chalk.cyan), one(chalk.bold)]
  return {
    status: { ok: green, changed: yellow, failed: red, unreachable: red, skipped: cyan, unknown: one(chalk.magenta) },
    strong: bold,
    faint: one(chalk.dim),
    heading: bold,
    warning: yellow,
    hint: cyan,
    added: green,
    removed: red,
    hunk: cyan,
    bar: green,
  }
}

/** Colour support of a stream. chalk reads FORCE_COLOR, not NO_COLOR; with both set FORCE_COLOR wins, as in Node itself. */
export const colorLevel = (stream: 'stdout' | 'stderr', env: NodeJS.ProcessEnv = process.env): ColorLevel => {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '' && env.FORCE_COLOR === undefined) return 0
  const support = stream === 'stdout' ? supportsColor : supportsColorStderr
  return support === false ? 0 : support.level
}
