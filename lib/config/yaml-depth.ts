import type { CST } from 'yaml'

/**
 * The offset at which a document is nested deeper than a limit, or undefined. It walks the tokens without calling itself: the parser makes
 * those without recursion, and what reads them is recursive.
 */
export function tokenTooDeep(tokens: readonly CST.Token[], deepest: number): number | undefined {
  const waiting = tokens.map(token => ({ token, depth: 0 }))
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next
    if (depth > deepest) return token.offset
    for (const part of partsOf(token)) waiting.push({ token: part, depth: depth + 1 })
  }
  return undefined
}

function partsOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : []
  if (!('items' in token)) return []
  const parts: CST.Token[] = []
  for (const item of token.items as CST.CollectionItem[]) {
    if (item.key) parts.push(item.key)
    if (item.value) parts.push(item.value)
  }
  return parts
}
