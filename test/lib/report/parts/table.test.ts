import { describe, expect, test } from 'vitest'
import { palette } from '../../../../lib/report/parts/palette.ts'
import { tableLines } from '../../../../lib/report/parts/table.ts'
import { width } from '../../../../lib/text/layout.ts'

describe('table', () => {
  const rows = [
    ['M1', '7%', '10.0.0.1', 'Primary'],
    ['ノード2', '100%', '10.0.0.20', 'Secondary, a long remark about it'],
  ]
  const table = { title: 'Status', columns: ['host', 'done', 'address', 'state'], rows }

  test('aligns by width, numbers to the right', () => {
    expect(tableLines(table, palette(0))).toEqual([
      'Status',
      'host     done  address    state',
      'M1         7%  10.0.0.1   Primary',
      'ノード2  100%  10.0.0.20  Secondary, a long remark about it',
    ])
  })

  test('the widest columns are cut to fit the terminal', () => {
    const lines = tableLines(table, palette(0), 44)
    expect(lines.every(line => width(line) <= 44)).toBe(true)
    expect(lines.at(-1)).toBe('ノード2  100%  10.0.0.20  Secondary, a long…')
  })
})
