import type { Event } from '../../engine/events.ts'
import { escapedDeep } from '../../text/escape.ts'
import { oneLine } from '../../text/layout.ts'
import { type Output, outputTo } from '../output.ts'
import { colorLevel, type Palette, palette } from '../parts/palette.ts'
import { addToSummary, closingLines, emptySummary } from '../parts/summary.ts'
import { type Mode, progressFigures } from '../parts/wording.ts'
import type { View, ViewOptions } from '../view.ts'
import { plainLines } from './plain-lines.ts'

/** Lines for pipes and logs: results on stdout, progress and warnings on stderr. */
export const plainView = (options: ViewOptions = {}): View => {
  const stdout = channel(options.stdout ?? process.stdout, palette(options.color ?? colorLevel('stdout')))
  const stderr = channel(options.stderr ?? process.stderr, palette(options.color ?? colorLevel('stderr')))
  const mode: Mode = { check: false, diff: false, verbosity: options.verbosity ?? 0 }
  const sum = emptySummary()
  const isDue = progressPacer()
  const announced = new Set<string>()

  const say = (target: Channel, lines: string[]) => {
    for (const line of lines) {
      target.isApart = line === ''
      target.output.line(line)
    }
  }

  return {
    on(given) {
      // Escaped when it was created, unless it comes from a log file.
      const event = escapedDeep(given)
      addToSummary(sum, event)
      if (event.type === 'run-start') Object.assign(mode, { check: event.check, diff: event.diff })
      if (event.type === 'task-progress') return isDue(event) ? say(stderr, [progressLine(event)]) : undefined
      if (event.type === 'handler-notified' && isRepeated(announced, event, mode)) return
      // An empty line comes before the recap, unless the output already ends with one, as the status does.
      if (event.type === 'run-end') return say(stdout, [...(stdout.isApart ? [] : ['']), ...closingLines(sum, event, stdout.colors)])
      const target = isForStderr(event) ? stderr : stdout
      say(target, plainLines(event, mode, target.colors))
    },
    async close() {
      await Promise.all([stdout.output.flush(), stderr.output.flush()])
    },
  }
}

interface Channel {
  output: Output
  colors: Palette
  /** Its last line is empty. */
  isApart: boolean
}

const channel = (stream: Parameters<typeof outputTo>[0], colors: Palette): Channel => ({ output: outputTo(stream), colors, isApart: false })

const isForStderr = (event: Event) =>
  (event.type === 'message' && event.level !== 'info') ||
  event.type === 'interrupted' ||
  event.type === 'internal-error' ||
  event.type === 'locked'

/** A handler is announced once; `-v` names everything that notified it. */
const isRepeated = (announced: Set<string>, event: Extract<Event, { type: 'handler-notified' }>, mode: Mode): boolean => {
  const key = `${event.host}\0${event.role}\0${event.handler}`
  const repeated = announced.has(key)
  announced.add(key)
  return repeated && mode.verbosity === 0
}

type ProgressEvent = Extract<Event, { type: 'task-progress' }>

const progressLine = ({ host, role, resource, progress }: ProgressEvent): string => {
  const figures = progressFigures(progress)
  return `${host} | ${role} | ${oneLine(resource)}: ${oneLine(progress.text)}${figures === '' ? '' : ` ${figures}`}`
}

const step = 10
const shortest = 10_000
const longest = 60_000

/**
 * Lets a line through when 10 s have passed since the last line of the task and it has advanced by 10 %, and after a minute anyway: short
 * tasks stay silent, a sync over night does not fill the log, and nobody thinks that it hangs.
 */
export const progressPacer = (): ((event: ProgressEvent) => boolean) => {
  const last = new Map<string, { time: number; percent: number }>()
  return ({ host, resource, progress, time }) => {
    const key = `${host}\0${resource}`
    const now = { time: Date.parse(time), percent: progress.percent ?? 0 }
    const before = last.get(key)
    if (before === undefined) {
      last.set(key, now)
      return false
    }
    const waited = now.time - before.time
    const due = waited >= longest || (waited >= shortest && now.percent - before.percent >= step)
    if (due) last.set(key, now)
    return due
  }
}
