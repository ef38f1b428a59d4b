import type { Table } from '../../resources/resource.ts'
import type { Timed } from '../clients/client-impact.ts'
import type { FailoverReport } from './record.ts'
import { endName } from './record.ts'

const levels = ' ▁▂▃▄▅▆▇█'
const floor = 10
const ceiling = 60_000

/** Pure: a wait as one character, on a logarithmic scale from 10 ms to a minute; a blank for a shorter one. */
const levelOf = (ms: number): string => {
  const share = Math.log(Math.max(ms, floor) / floor) / Math.log(ceiling / floor)
  return levels[Math.min(levels.length - 1, Math.ceil(share * (levels.length - 1)))] ?? ' '
}

/** Pure: the longest wait in each of `columns` parts of the time from `from` to `to`; an operation counts for its whole duration. */
export const sparkline = (operations: readonly Timed[], from: number, to: number, columns: number): string => {
  const width = Math.max(1, to - from) / columns
  return Array.from({ length: columns }, (_, i) => {
    const [left, right] = [from + i * width, from + (i + 1) * width]
    const waits = operations.filter(o => o.at < right && o.at + o.took >= left).map(o => o.took)
    return levelOf(waits.reduce((a, b) => Math.max(a, b), 0))
  }).join('')
}

const figure = (ms: number | undefined): string => (ms === undefined ? '-' : `${ms} ms`)

/** Pure: one line per trial, with the longest waits over time: from 2 s before the fault to 5 s after its end. */
export const chartTable = ({ trials, seed }: FailoverReport): Table => ({
  title: `what the faults cost the clients${seed === undefined ? '' : `, seed ${seed}`}`,
  columns: ['fault', 'ended', 'write', 'open', 'errors', 'lost', 'lock', 'waits', ''],
  rows: trials.map(t => [
    `${t.title}${t.run > 1 ? ` (${t.run})` : ''}`,
    endName(t.actual),
    figure(t.stall.write),
    figure(t.stall.open),
    String(t.errors.length),
    t.lost === undefined ? 'unknown' : String(t.lost),
    t.acknowledged === 0 ? '-' : t.lockKept ? 'kept' : 'lost',
    `▏${sparkline(t.operations, -2_000, (t.endReached ?? t.undoneAt) + 5_000, 24)}▕`,
    t.problems.length === 0 ? 'ok' : t.problems.join('; '),
  ]),
})
