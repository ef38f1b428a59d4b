import type { Event, HostRecap } from '../../engine/events.ts'
import type { Progress } from '../../resources/resource.ts'
import { clock } from '../../text/amounts.ts'
import { cut, oneLine, pad, padLeft, width } from '../../text/layout.ts'
import type { Palette } from '../parts/palette.ts'
import { progressFigures, type TaskEnd } from '../parts/wording.ts'
import { countStatus, noCounters } from '../stats.ts'

/** State of a host's live row. */
export interface HostRow {
  host: string
  state: 'connecting' | 'running' | 'failed' | 'stopped' | 'unreachable'
  index: number
  total: number
  /** The current step, and when it started. */
  step: string
  since: number
  counters: HostRecap
  progress: Progress | undefined
  /** Why it failed, stopped or was not reached. */
  note: string
}

export type Rows = Map<string, HostRow>

const newRow = (host: string, since: number): HostRow => ({
  host,
  state: 'connecting',
  index: 0,
  total: 0,
  step: 'waiting',
  since,
  counters: noCounters(),
  progress: undefined,
  note: '',
})

const rowOf = (rows: Rows, host: string, since: number): HostRow => {
  const known = rows.get(host)
  if (known !== undefined) return known
  const row = newRow(host, since)
  rows.set(host, row)
  return row
}

/** Updates the rows in place with an event. */
export const advance = (rows: Rows, event: Event): void => {
  const time = Date.parse(event.time)
  if (event.type === 'play-start') for (const host of event.hosts) rowOf(rows, host, time)
  if (event.type === 'task-end') endTask(rows, event, time)
  else if ('host' in event && event.host !== undefined && event.type !== 'message') move(rowOf(rows, event.host, time), event, time)
}

const move = (row: HostRow, event: Event, time: number): void => {
  const begin = (step: string) => Object.assign(row, { step, since: row.step === step ? row.since : time, progress: undefined })
  switch (event.type) {
    case 'host-connecting':
      begin('connecting')
      return
    case 'host-ready':
      begin(`connected, ${oneLine(event.platform)}`)
      Object.assign(row, { state: 'running', index: 0, total: event.total })
      return
    case 'task-start':
      begin(`${event.role} › ${phases[event.phase]}${oneLine(event.resource)}`)
      Object.assign(row, { index: Math.max(row.index, event.index - 1), total: event.total })
      return
    case 'task-progress':
      row.progress = event.progress
      return
    case 'handler-start':
      begin(`${event.role} › handler ${oneLine(event.handler)}`)
      return
    case 'handler-end':
      countStatus(row.counters, event.status)
      if (event.status === 'failed') fail(row, `handler ${oneLine(event.handler)}`)
      begin('finishing')
      return
    case 'host-unreachable':
      row.counters.unreachable += 1
      Object.assign(row, { state: 'unreachable', note: oneLine(event.message), progress: undefined })
      return
    case 'locked':
      Object.assign(row, { state: 'stopped', note: event.lost ? 'the lock was lost' : `locked by ${oneLine(event.owner)}` })
      return
    case 'host-stopped':
      if (row.state === 'running' || row.state === 'connecting') row.state = 'stopped'
      row.note ||= `${oneLine(event.reason)}, ${event.remaining} left`
  }
}

const phases = { read: 'reading ', apply: '', verify: 'verifying ' }

/** A cluster resource is done on every host that it names. The index is that of the first. */
const endTask = (rows: Rows, event: TaskEnd, time: number): void => {
  for (const host of event.hosts ?? [event.host]) {
    const row = rowOf(rows, host, time)
    countStatus(row.counters, event.status)
    row.index = host === event.host ? event.index : Math.min(row.index + 1, event.total)
    row.total = event.total
    row.progress = undefined
    if (event.status === 'failed') fail(row, oneLine(event.resource))
    else if (host === event.host) Object.assign(row, { step: event.role, since: time })
  }
}

const fail = (row: HostRow, what: string): void => {
  Object.assign(row, { state: 'failed', note: `failed: ${what}` })
}

/** Columns common to all rows, so that they line up. */
export interface Layout {
  columns: number
  nameWidth: number
  stepsWidth: number
}

/** Columns. A longer line is hard to read. */
const widest = 110

export const layoutOf = (rows: Rows, columns: number): Layout => {
  const all = [...rows.values()]
  return {
    columns: Math.min(columns, widest),
    nameWidth: Math.min(24, Math.max(0, ...all.map(row => width(row.host)))),
    stepsWidth: Math.max(0, ...all.map(row => stepsOf(row).length)),
  }
}

const stepsOf = ({ index, total }: HostRow) => (total > 0 ? `${index}/${total}` : '')

/** `M1  38/40  drbd-init › wait for sync  0:12      ok=37 changed=24`; its parts keep their positions while they change. */
export const liveTitle = (row: HostRow, layout: Layout, now: number, colors: Palette): string => {
  const waited = Math.floor((now - row.since) / 1000)
  // Shown from the start, the time would flicker during short steps.
  const time = waited >= 3 && row.progress?.remaining === undefined ? `  ${clock(waited)}` : ''
  const room = layout.columns - layout.nameWidth - layout.stepsWidth - countersRoom - 6
  const step = `${cut(row.step, Math.max(8, room - time.length))}${time}`
  const [head, counters] = [headOf(row, layout, colors), countersText(row.counters, colors)]
  return room < 8 ? `${head}  ${step}` : `${head}  ${pad(step, room)}  ${counters}`
}

/** Room for `ok=37 changed=24` before the right edge; further counters are rare and may exceed it. */
const countersRoom = 16

const headOf = (row: HostRow, { nameWidth, stepsWidth }: Layout, colors: Palette): string => {
  const steps = stepsWidth > 0 ? `  ${colors.faint(padLeft(stepsOf(row), stepsWidth))}` : ''
  return `${colors.strong(pad(cut(row.host, nameWidth), nameWidth))}${steps}`
}

const countersText = (counters: HostRecap, colors: Palette): string => {
  const shown = (['ok', 'changed', 'failed', 'unknown'] as const).filter(key => key === 'ok' || counters[key] > 0)
  return shown.map(key => colors.status[key](`${key}=${counters[key]}`)).join(' ')
}

/** The row after the end of the run. */
export const settledTitle = (row: HostRow, layout: Layout, colors: Palette): string => {
  const note =
    row.note === '' ? '' : `  ${cut(row.note, Math.max(8, layout.columns - layout.nameWidth - layout.stepsWidth - countersRoom - 6))}`
  if (row.state === 'unreachable') return `${headOf(row, layout, colors)}${note}`
  return `${headOf(row, layout, colors)}  ${countersText(row.counters, colors)}${note}`
}

const bar = 20

/** `DRBD ██████████████████░░ 90% 112 MiB/s  0:12 left`: the text, then as much of the rest as fits. */
export const progressBar = (progress: Progress, columns: number, colors: Palette): string => {
  const figures = progressFigures(progress)
  if (progress.percent === undefined) return cut([oneLine(progress.text), figures].filter(part => part !== '').join(' '), columns)
  const room = columns - bar - width(figures) - 2
  if (room < 4) return cut(`${oneLine(progress.text)} ${figures}`, columns)
  const full = Math.round((Math.min(100, Math.max(0, progress.percent)) / 100) * bar)
  return `${cut(oneLine(progress.text), room)} ${colors.bar('█'.repeat(full))}${colors.faint('░'.repeat(bar - full))} ${figures}`
}
