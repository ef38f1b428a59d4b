import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { palette } from '../../../../lib/report/parts/palette.ts'
import { statusLines } from '../../../../lib/report/parts/status-lines.ts'
import { tableLines } from '../../../../lib/report/parts/table.ts'
import { notRead } from '../../../../lib/resources/reading.ts'
import { width } from '../../../../lib/text/layout.ts'
import { contextAt } from '../../../../roles/role.ts'
import { shownOf } from '../../../../roles/service/state/overview.ts'
import { serviceProbe } from '../../../../roles/service/state/state.ts'
import { labContext } from '../../lab-context.ts'

/** Output of two lab nodes in each state (recorded by test/long/status.test.ts), as an operator sees it. */
const fixtures = join(import.meta.dirname, '../../../fixtures/status')
const context = labContext()
const memberOf = (state: string, host: string) => {
  const path = join(fixtures, state, `${host}.txt`)
  if (!existsSync(path)) return { host, reading: notRead('unreachable') }
  const own = contextAt(context, host)
  const probe = serviceProbe(own)
  return { host, reading: probe.parse({ code: 0, stdout: readFileSync(path, 'utf8'), stderr: '', at: 0 }) }
}

describe.each(readdirSync(fixtures))('%s', state => {
  const { table, status } = shownOf(
    ['M1', 'M2'].map(host => memberOf(state, host)),
    context.cluster,
  )

  test('at 80 columns', async () => {
    const shown = [...tableLines(table, palette(0), 80), '', ...statusLines(status, palette(0), 80)]
    // A command for pasting is never broken across lines.
    expect(shown.filter(line => width(line) > 80 && !line.startsWith('    next'))).toEqual([])
    await expect(shown.join('\n')).toMatchFileSnapshot(join(fixtures, state, 'status.txt'))
  })

  test('as data', () => expect(`${JSON.stringify(status, null, 2)}\n`).toMatchFileSnapshot(join(fixtures, state, 'status.json')))
})
