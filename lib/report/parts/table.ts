import type { Table } from '../../resources/resource.ts'
import { cut, oneLine, pad, padLeft, width, wrap } from '../../text/layout.ts'
import type { Palette } from './palette.ts'

const gap = '  '
const narrowest = 8

/** The lines of a table with aligned columns. With a `limit` (a terminal's width) the widest columns are cut; a pipe gets everything. */
export const tableLines = ({ title, columns, rows, tones }: Table, colors: Palette, limit = Number.POSITIVE_INFINITY): string[] => {
  const cells = rows.map(row => columns.map((_, index) => oneLine(row[index] ?? '')))
  const widths = narrowed(
    columns.map((column, index) => Math.max(width(column), ...cells.map(row => width(row[index] ?? '')))),
    limit,
  )
  const right = columns.map((_, index) => cells.length > 0 && cells.every(row => isNumber(row[index] ?? '')))
  const line = (row: string[], paints: ((text: string) => string)[] = []) => {
    const last = row.findLastIndex(cell => cell !== '')
    return row
      .slice(0, last + 1)
      .map((cell, index) => {
        const [text, room] = [cut(cell, widths[index] ?? 0), widths[index] ?? 0]
        const padded = right[index] === true ? padLeft(text, room) : index === last ? text : pad(text, room)
        return paints[index]?.(padded) ?? padded
      })
      .join(gap)
  }
  const paintsOf = (row: number) =>
    columns.map((_, index) => ({ good: colors.status.ok, bad: colors.status.failed, '': plain })[tones?.[row]?.[index] ?? ''])
  const heading = title === '' ? [] : wrap(title, limit).map(text => colors.heading(text))
  return [...heading, colors.faint(line(columns)), ...cells.map((row, index) => line(row, paintsOf(index)))]
}

const plain = (text: string) => text

const isNumber = (cell: string) => /^-?\d[\d,]*(\.\d+)? ?(%|[KMGTP]?i?B(\/s)?|m?s)?$/.test(cell) || cell === '' || cell === '-'

/** Reduces the widest columns until the line fits, but none to an unreadable width. */
const narrowed = (widths: number[], limit: number): number[] => {
  const out = [...widths]
  let over = out.reduce((sum, value) => sum + value, 0) + gap.length * (out.length - 1) - limit
  while (over > 0) {
    const widest = out.indexOf(Math.max(...out))
    const value = out[widest]
    if (value === undefined || value <= narrowest) break
    out[widest] = value - 1
    over -= 1
  }
  return out
}
