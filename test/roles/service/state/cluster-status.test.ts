import { describe, expect, test } from 'vitest'
import { palette } from '../../../../lib/report/parts/palette.ts'
import { statusLines } from '../../../../lib/report/parts/status-lines.ts'
import { tableLines } from '../../../../lib/report/parts/table.ts'
import { width } from '../../../../lib/text/layout.ts'
import { statusOf } from '../../../../roles/service/state/cluster-status.ts'
import { overview } from '../../../../roles/service/state/overview.ts'
import { context, scenes } from './readings.ts'

const { table } = overview(context)

describe.each(Object.entries(scenes))('%s', (_name, { members, headline, state, redundant, cause }) => {
  const status = statusOf(members, context)

  test('the headline, the verdict, one cause and its command', () => {
    expect(status.headline).toBe(headline)
    expect(status.verdict).toMatchObject({ state, redundant })
    expect(status.problems.map(p => [p.code, p.next.command])).toEqual(cause ? [cause] : [])
  })

  test('at 80 columns', async () => {
    const shown = [
      ...tableLines(table?.(members) as NonNullable<ReturnType<NonNullable<typeof table>>>, palette(0), 80),
      '',
      ...statusLines(status, palette(0), 80),
    ]
    expect(shown.filter(line => width(line) > 80)).toEqual([])
    expect(shown.join('\n')).toMatchSnapshot()
  })

  test('as data', () => expect(JSON.parse(JSON.stringify(status))).toEqual(status))
})
