import * as z from 'zod'
import { fieldSecret } from '../../config/schema-issue.ts'

/** A variable as docs/variables.md and `nfsha-play doc` describe it. */
export interface VariableDoc {
  name: string
  /** Markdown: `**required**`, `none`, or the value. */
  default: string
  isSecret: boolean
  meaning: string
}

/** Pure: the variables of a schema, in its order. */
export const variableDocs = (fields: z.ZodRawShape): VariableDoc[] => {
  const { properties = {}, required = [] } = z.toJSONSchema(z.object(fields), { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, property]) => {
    const { description = '', default: value } = property as { description?: string; default?: unknown }
    const shown =
      value === undefined ? (required.includes(name) ? '**required**' : 'none') : `\`${JSON.stringify(value).replaceAll('"', '')}\``
    return { name, default: shown, isSecret: fieldSecret(fields[name] as z.ZodType), meaning: description }
  })
}
