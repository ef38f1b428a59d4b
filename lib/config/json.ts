/** JSON as `JSON.stringify` writes it, with whole numbers of any size as digits, as Python does. */
export const jsonText = (value: unknown, indent: number, margin = ''): string => {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const inner = margin + ' '.repeat(indent)
  const parts = Array.isArray(value)
    ? value.map(item => jsonText(item, indent, inner))
    : Object.entries(value).flatMap(([name, part]) =>
        part === undefined ? [] : [`${JSON.stringify(name)}:${indent > 0 ? ' ' : ''}${jsonText(part, indent, inner)}`],
      )
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  if (parts.length === 0) return `${open}${close}`
  return indent > 0 ? `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}` : `${open}${parts.join(',')}${close}`
}
