/** Splits the answer of a script that prints `@name` lines between its parts. A part with nothing in it is '', one that was not reached undefined. */
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
