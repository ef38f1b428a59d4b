import { expect, test } from 'vitest'
import { variableDocs } from '../../lib/cli/doc/variable-docs.ts'
import { Vars } from '../../roles/vars.ts'

const heading = `# Variables

Generated from the schemas in \`roles/*/vars.ts\`. All are flat and can be set wherever an Ansible
inventory sets variables. An unknown name with one of these prefixes is an error.

| variable | default | meaning |
|---|---|---|
`

test('docs/variables.md matches the schema', async () => {
  const rows = variableDocs(Vars.shape).map(({ name, default: value, meaning }) => {
    expect(meaning, `${name}: give it a .describe()`).toBeTruthy()
    return `| \`${name}\` | ${value} | ${meaning} |\n`
  })
  await expect(heading + rows.join('')).toMatchFileSnapshot('../../docs/variables.md')
})
