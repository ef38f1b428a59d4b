import { cut, oneLine, pad, padLeft, width } from '../../text/layout.ts'
import type { Palette } from './palette.ts'

export interface Table {
  title: string
  columns: string[]
  rows: string[][]
}

const GAP = '  '
const NARROWEST = 8

/** A table's lines, its columns aligned. With a `limit` (a terminal's width) the widest columns give way; a pipe gets all of it. */
export function tableLines({ title, columns, rows }: Table, colors: Palette, limit = Number.POSITIVE_INFINITY): string[] {
  const cells = rows.map(row => columns.map((_, index) => oneLine(row[index] ?? '')))
  const widths = narrowed(
    columns.map((column, index) => Math.max(width(column), ...cells.map(row => width(row[index] ?? '')))),
    limit,
  )
  const right = columns.map((_, index) => cells.length > 0 && cells.every(row => isNumber(row[index] ?? '')))
  const line = (row: string[]) =>
    row
      .map((cell, index) => (right[index] === true ? padLeft : pad)(cut(cell, widths[index] ?? 0), widths[index] ?? 0))
      .join(GAP)
      .trimEnd()
  const heading = title === '' ? [] : [colors.heading(oneLine(title))]
  return [...heading, colors.faint(line(columns)), ...cells.map(line)]
}

const isNumber = (cell: string) => /^-?\d[\d,]*(\.\d+)? ?(%|[KMGTP]?i?B(\/s)?|m?s)?$/.test(cell) || cell === '' || cell === '-'

/** Takes columns off the widest until the line fits, none made unreadably narrow. */
function narrowed(widths: number[], limit: number): number[] {
  const out = [...widths]
  let over = out.reduce((sum, value) => sum + value, 0) + GAP.length * (out.length - 1) - limit
  while (over > 0) {
    const widest = out.indexOf(Math.max(...out))
    const value = out[widest]
    if (value === undefined || value <= NARROWEST) break
    out[widest] = value - 1
    over -= 1
  }
  return out
}
