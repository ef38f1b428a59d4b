import { expect, test } from 'vitest'
import { z } from 'zod'
import { Vars } from '../../roles/vars.ts'

const heading = `# Variables

Made from the schemas in \`roles/*/vars.ts\`. All are flat and can be set wherever an Ansible inventory sets variables; an unknown name with one
of these prefixes is an error.

| variable | default | meaning |
|---|---|---|
`

test('docs/variables.md is what the schema says', async () => {
  const schema = z.toJSONSchema(Vars, { io: 'input', unrepresentable: 'any' }) as {
    properties: Record<string, { description?: string; default?: unknown }>
    required?: string[]
  }
  const rows = Object.entries(schema.properties).map(([name, { description, default: value }]) => {
    const shown =
      value !== undefined ? `\`${JSON.stringify(value).replaceAll('"', '')}\`` : schema.required?.includes(name) ? '**required**' : 'none'
    expect(description, name).toBeTruthy()
    return `| \`${name}\` | ${shown} | ${description} |\n`
  })
  await expect(heading + rows.join('')).toMatchFileSnapshot('../../docs/variables.md')
})
