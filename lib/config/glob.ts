type Fits = (character: string) => boolean
type Piece = '*' | Fits

/**
 * Matches names against a shell glob as Python's fnmatch does: `*`, `?`, `[a-c]`, `[!a]`, everything else is literal. Does not use a
 * regular expression: the time is at most the product of the two lengths, whatever the pattern.
 */
export const globMatcher = (glob: string): ((name: string) => boolean) => {
  const pieces = piecesOf([...glob])
  return name => fits(pieces, [...name])
}

const fits = (pieces: readonly Piece[], name: readonly string[]): boolean => {
  let piece = 0
  let at = 0
  // Where to continue when a later piece fails: the last `*` matches one more character.
  let star = -1
  let taken = 0
  while (at < name.length) {
    const wanted = pieces[piece]
    if (wanted === '*') {
      star = piece++
      taken = at
    } else if (wanted?.(name[at] ?? '')) {
      piece += 1
      at += 1
    } else if (star >= 0) {
      piece = star + 1
      at = ++taken
    } else return false
  }
  while (pieces[piece] === '*') piece += 1
  return piece === pieces.length
}

const piecesOf = (glob: readonly string[]): Piece[] => {
  const pieces: Piece[] = []
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at] ?? ''
    const end = character === '[' ? endOfSet(glob, at) : -1
    if (character === '*') pieces.push('*')
    else if (character === '?') pieces.push(() => true)
    else if (end > 0) {
      pieces.push(setOf(glob.slice(at + 1, end)))
      at = end
    } else pieces.push(given => given === character)
  }
  return pieces
}

/** The `]` that ends a set; the first character of a set never does. An unclosed set is literal text. */
const endOfSet = (glob: readonly string[], start: number): number => {
  const first = glob[start + 1] === '!' ? start + 2 : start + 1
  return glob.indexOf(']', first + 1)
}

const setOf = (written: readonly string[]): Fits => {
  const negated = written[0] === '!'
  const content = negated ? written.slice(1) : written
  const ranges: [from: number, to: number][] = []
  for (let at = 0; at < content.length; at++) {
    const isRange = content[at + 1] === '-' && at + 2 < content.length
    ranges.push([codeOf(content[at]), codeOf(content[isRange ? at + 2 : at])])
    if (isRange) at += 2
  }
  return character => ranges.some(([from, to]) => from <= codeOf(character) && codeOf(character) <= to) !== negated
}

const codeOf = (character = '') => character.codePointAt(0) ?? 0
