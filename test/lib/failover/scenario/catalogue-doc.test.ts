import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { endName } from '../../../../lib/failover/report/record.ts'
import { catalogue, whereNames } from '../../../../lib/failover/scenario/catalogue.ts'
import { packagedFile } from '../../../../lib/text/packaged.ts'

test('the table of expected states in docs/failover.md matches the catalogue', () => {
  const rows = catalogue.map(({ name, title, article = '', steps, undo }) => {
    return `| \`${name}\` | ${title} | ${article} | ${whereNames[steps[0].on]} | ${endName(steps.at(-1)?.expected)} | ${undo} |\n`
  })
  expect(readFileSync(packagedFile('docs/failover.md'), 'utf8')).toContain(rows.join(''))
})
