import { expect, test } from 'vitest'
import { endName } from '../../../../lib/failover/report/record.ts'
import { catalogue, whereNames } from '../../../../lib/failover/scenario/catalogue.ts'
import { tableRows } from '../../doc-table.ts'

test('the table of faults in docs/failover.md matches the catalogue: copy the expected rows', () => {
  const rows = catalogue.map(({ name, title, article = '', steps, undo }) => {
    return `| \`${name}\` | ${title} | ${article} | ${whereNames[steps[0].on]} | ${endName(steps.at(-1)?.expected)} | ${undo} |`
  })
  expect(tableRows('failover.md', '| `failover_faults` |')).toEqual(rows)
})
