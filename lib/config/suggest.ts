/** Number of letters to insert, delete, replace or swap with a neighbour to turn one word into the other. */
export const editDistance = (from: string, to: string): number => {
  let older: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current.push(
        Math.min(
          at(previous, column) + 1,
          at(current, column - 1) + 1,
          at(previous, column - 1) + same,
          swapped ? at(older, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    older = previous
    previous = current
  }
  return at(previous, to.length)
}

const at = (row: number[], column: number) => row[column] ?? Number.POSITIVE_INFINITY

/** Characters. Nobody mistypes a longer name, and the comparison takes quadratic time. */
const longest = 100

/** The known word that was most likely meant: up to a third of its letters may differ. Case is ignored. */
export const closest = (word: string, known: Iterable<string>): string | undefined => closestOnes(word, known)[0]

/** All known words at the same smallest distance. */
const closestOnes = (word: string, known: Iterable<string>): string[] => {
  let best: string[] = []
  let least = Math.max(1, Math.floor(word.length / 3)) + 0.5
  if (word.length > longest) return []
  for (const candidate of new Set(known)) {
    if (Math.abs(candidate.length - word.length) > least) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance === least) best.push(candidate)
    if (distance < least) [best, least] = [[candidate], distance]
  }
  return best
}

const mostSuggested = 3

/** The hint for a mistyped word; undefined when no known word is close. Lists all words that are equally close. */
export const didYouMean = (word: string, known: Iterable<string>): string | undefined => {
  const suggestions = closestOnes(word, known)
    .slice(0, mostSuggested)
    .map(suggestion => `'${suggestion}'`)
  const last = suggestions.pop()
  if (last === undefined) return undefined
  return `did you mean ${suggestions.length > 0 ? `${suggestions.join(', ')} or ` : ''}${last}?`
}
