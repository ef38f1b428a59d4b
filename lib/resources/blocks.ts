/** Splits the output of a script that prints `@name` lines between its parts. An empty part is '', one that was not reached undefined. */
export const blocksOf = (text: string): Record<string, string> => {
  const lines: Record<string, string[]> = Object.create(null)
  let block: string[] | undefined
  for (const line of text.split('\n')) {
    const name = /^@([a-z0-9-]+)$/.exec(line)?.[1]
    if (name === undefined) block?.push(line)
    else {
      block = lines[name] ?? []
      lines[name] = block
    }
  }
  return Object.assign(Object.create(null), Object.fromEntries(Object.entries(lines).map(([name, all]) => [name, all.join('\n')])))
}

/**
 * Pure: the fields of a state parsed from truncated output that were read completely. `readBefore`: for each field the blocks of which any
 * one, once started, proves that the field's input was printed completely. `madeOf`: blocks that a field needs in addition; all must be
 * present.
 */
export const fieldsRead = <S extends object>(
  state: S,
  readBefore: Record<keyof S, readonly string[]>,
  blocks: Record<string, string>,
  madeOf: Partial<Record<keyof S, readonly string[]>> = {},
): Partial<S> => {
  const isThere = (block: string) => blocks[block] !== undefined
  const isRead = (field: keyof S) => readBefore[field].some(isThere) && (madeOf[field] ?? []).every(isThere)
  return Object.fromEntries(Object.entries(state).filter(([field]) => isRead(field as keyof S))) as Partial<S>
}
