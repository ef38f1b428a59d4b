/** One line of an edit script. */
export interface Edit {
  kind: ' ' | '-' | '+'
  line: string
}

/** With more edits than this a shortest script takes too long: everything between the common head and tail is replaced instead. */
const mostEdits = 1500

/** Lines including their line feeds, so that a missing final line feed is a difference like any other. */
export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** A shortest script of line edits that turns one text into the other. */
export const edits = (from: string, to: string): Edit[] => {
  const [a, b] = [linesOf(from), linesOf(to)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail))
  return [...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))]
}

const marked = (kind: Edit['kind'], lines: string[]): Edit[] => lines.map(line => ({ kind, line }))
const same = (lines: string[]) => marked(' ', lines)

const between = (a: string[], b: string[]): Edit[] => {
  if (a.length === 0 || b.length === 0) return [...marked('-', a), ...marked('+', b)]
  const trace = furthest(a, b)
  return trace === undefined ? [...marked('-', a), ...marked('+', b)] : backtrack(a, b, trace)
}

/**
 * Myers' greedy search: for each number of edits d, how far each diagonal k (x - y) reaches. Returns the frontier before each d, or
 * undefined when the texts have too little in common.
 */
const furthest = (a: string[], b: string[]): Map<number, number>[] | undefined => {
  const trace: Map<number, number>[] = []
  const reach = new Map<number, number>([[1, 0]])
  for (let d = 0; d <= Math.min(a.length + b.length, mostEdits); d += 1) {
    trace.push(frontier(reach, d))
    for (let k = -d; k <= d; k += 2) {
      let x = goesDown(reach, k, d) ? at(reach, k + 1) : at(reach, k - 1) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1
      reach.set(k, x)
      if (x >= a.length && x - k >= b.length) return trace
    }
  }
  return undefined
}

const at = (reach: Map<number, number>, k: number) => reach.get(k) ?? -1
const goesDown = (reach: Map<number, number>, k: number, d: number) => k === -d || (k !== d && at(reach, k - 1) < at(reach, k + 1))

/** Only the part of the frontier that step d can use, to halve the quadratic memory. */
const frontier = (reach: Map<number, number>, d: number): Map<number, number> => {
  const kept = new Map<number, number>()
  for (let k = -d - 1; k <= d + 1; k += 1) {
    const x = reach.get(k)
    if (x !== undefined) kept.set(k, x)
  }
  return kept
}

const backtrack = (a: string[], b: string[], trace: Map<number, number>[]): Edit[] => {
  const out: Edit[] = []
  let [x, y] = [a.length, b.length]
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reach = trace[d] ?? new Map<number, number>()
    const k = x - y
    const before = goesDown(reach, k, d) ? k + 1 : k - 1
    const [fromX, fromY] = d === 0 ? [0, 0] : [at(reach, before), at(reach, before) - before]
    while (x > fromX && y > fromY) {
      out.push({ kind: ' ', line: a[x - 1] ?? '' })
      x -= 1
      y -= 1
    }
    if (x > fromX) out.push({ kind: '-', line: a[x - 1] ?? '' })
    else if (y > fromY) out.push({ kind: '+', line: b[y - 1] ?? '' })
    x = fromX
    y = fromY
  }
  return out.reverse()
}
