import type { Event } from '../../engine/events.ts'
import { escapedDeep } from '../../text/escape.ts'
import { width } from '../../text/layout.ts'
import { type Output, outputTo } from '../output.ts'
import { colorLevel, palette } from '../parts/palette.ts'
import { statusLines } from '../parts/status-lines.ts'
import { addToSummary, closingLines, emptySummary } from '../parts/summary.ts'
import { tableLines } from '../parts/table.ts'
import { profileLines } from '../profile/lines.ts'
import type { View, ViewOptions } from '../view.ts'
import { humanLines, type Page } from './human-lines.ts'
import type { LiveRows, RowOutcome } from './live-rows.ts'
import { advance, type HostRow, layoutOf, liveTitle, progressBar, type Rows, settledTitle } from './rows.ts'

/** For a terminal: one live row per host. Changes and failures stay above them, results follow on stdout. */
export const humanView = (options: ViewOptions = {}): View => {
  const [stdout, stderr] = [outputTo(options.stdout ?? process.stdout), outputTo(options.stderr ?? process.stderr)]
  const [outColors, errColors] = [palette(options.color ?? colorLevel('stdout')), palette(options.color ?? colorLevel('stderr'))]
  const page: Page = { check: false, diff: false, verbosity: options.verbosity ?? 0, columns: 80, nameWidth: 0, roleWidth: 10 }
  const sum = emptySummary()
  const rows: Rows = new Map()
  const shown = new Set<string>()
  const announced = new Set<string>()
  let end: Extract<Event, { type: 'run-end' }> | undefined

  // A pseudo terminal without a size reports 0.
  const columns = () => stderr.stream.columns || 80
  const layout = () => layoutOf(rows, columns() - margin)
  const look = (row: HostRow) => ({
    title: liveTitle(row, layout(), Date.now(), errColors),
    bar: row.progress === undefined ? '' : progressBar(row.progress, columns() - margin - 4, errColors),
  })

  const show = (event: Event, live: LiveRows) => {
    addToSummary(sum, event)
    advance(rows, event)
    if (event.type === 'run-start') Object.assign(page, { check: event.check, diff: event.diff })
    measure(page, event, columns())
    print(event, (output, lines) => live.above(output, lines))
    for (const row of rows.values()) {
      if (shown.has(row.host)) continue
      shown.add(row.host)
      live.add(row.host, () => look(row))
    }
    if (event.type === 'host-unreachable') settle(event.host, live)
    if (event.type === 'run-end') end = event
  }

  const print = (event: Event, above: (output: Output, lines: string[]) => void) => {
    if (event.type === 'table') return above(stdout, [...tableLines(event, outColors, stdout.stream.columns), ''])
    if (event.type === 'status') return above(stdout, statusLines(event.status, outColors, stdout.stream.columns))
    if (event.type === 'profile') return above(stdout, profileLines(event.profile, outColors, stdout.stream.columns))
    if (event.type === 'handler-notified' && page.verbosity === 0 && announced.has(handlerKey(event))) return
    if (event.type === 'handler-notified') announced.add(handlerKey(event))
    const lines = humanLines(event, page, errColors)
    if (lines.length > 0) above(stderr, lines)
  }

  const settle = (host: string, live: LiveRows) => {
    const row = rows.get(host)
    if (row !== undefined) live.settle(host, outcomeOf(row, end !== undefined), settledTitle(row, layout(), errColors))
  }

  // listr2 and its renderer load while the run connects; events are kept until then.
  const early: Event[] = []
  let live: LiveRows | undefined
  const ready = import('./live-rows.ts')
    .then(module => module.liveRows(stderr, errColors))
    .then(loaded => {
      live = loaded
      for (const event of early.splice(0)) show(event, loaded)
      return loaded
    })
  // `close` reports the error: a view that cannot draw must not end the run.
  ready.catch(() => undefined)

  return {
    on(given) {
      const event = escapedDeep(given)
      if (live === undefined) early.push(event)
      else show(event, live)
    },
    async close() {
      const loaded = await ready
      for (const host of rows.keys()) settle(host, loaded)
      await loaded.end()
      const closing = end === undefined ? [] : ['', ...closingLines(sum, end, outColors, stdout.stream.columns)]
      for (const line of closing) stdout.line(line)
      await Promise.all([stdout.flush(), stderr.flush()])
    },
  }
}

/** The mark before a row, and listr2's blanks after it. */
const margin = 4

const handlerKey = ({ host, role, handler }: Extract<Event, { type: 'handler-notified' }>) => `${host}\0${role}\0${handler}`

const measure = (page: Page, event: Event, columns: number): void => {
  page.columns = columns
  // Room for a cluster's row, which names all of its hosts, unless that would shift everything to the right.
  if (event.type === 'play-start') {
    const names = [...event.hosts, event.hosts.join(',')]
      .map(name => width(name))
      .filter((columns, index) => index < event.hosts.length || columns <= 16)
    page.nameWidth = Math.max(page.nameWidth, ...names)
  }
  if ('role' in event) page.roleWidth = Math.max(page.roleWidth, width(event.role))
}

/** Without `run-end` the run was cut short: a host that was still running is not done. */
const outcomeOf = (row: HostRow, ended: boolean): RowOutcome => {
  if (row.state === 'failed' || row.state === 'unreachable') return 'failed'
  return row.state === 'stopped' || !ended ? 'skipped' : 'done'
}
