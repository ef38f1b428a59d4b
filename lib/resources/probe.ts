import { quote } from './quote.ts'
import type { Probe, ProbeOutput } from './resource.ts'
import { isSource, type Piece, type Source, shellOf } from './source.ts'

/** A probe that prints these pieces one after the other; its exit code is that of the last source. */
export const probeOf = <S>(pieces: Piece[], parse: Probe<S>['parse'], more: Pick<Probe<S>, 'timeout' | 'parsePart'> = {}): Probe<S> => ({
  sh: pieces.length === 1 && isSource(pieces[0]) ? shellOf(pieces[0]) : pieces.map(shellOfPiece).join('\n'),
  reads: pieces,
  parse,
  ...more,
})

const shellOfPiece = (piece: Piece): string => {
  if (typeof piece === 'string') return `printf %s ${quote(piece)}`
  if (isSource(piece)) return piece.kind === 'shell' && piece.isSimple ? `{ ${shellOf(piece)}\n}` : `( ${shellOf(piece)}\n)`
  return `( ${shellOf(piece.barred)}\n) | sed 's/^/|/'`
}

/** Pure: what a probe's own script would have printed, from what its sources printed. */
export const assemble = (pieces: Piece[], outputOf: (source: Source) => ProbeOutput): ProbeOutput => {
  const parts = pieces.map((piece): ProbeOutput => {
    if (typeof piece === 'string') return { code: 0, stdout: piece, stderr: '', at: 0 }
    if (isSource(piece)) return outputOf(piece)
    const output = outputOf(piece.barred)
    return { ...output, code: 0, stdout: barred(output.stdout) }
  })
  return {
    code: parts.at(-1)?.code ?? 0,
    stdout: parts.map(part => part.stdout).join(''),
    stderr: parts.map(part => part.stderr).join(''),
    at: Math.max(...parts.map(part => part.at)),
  }
}

/**
 * Pure: the same of a probe that was not answered whole. A source without a whole answer (`wholeOf`: undefined) is left out with the texts before it, so
 * that they introduce nothing; of the last piece what it printed before it was cut off (`cutOff`) is taken.
 */
export const assemblePart = (pieces: Piece[], wholeOf: (source: Source) => ProbeOutput | undefined, cutOff = ''): string => {
  const last = pieces.at(-1)
  const groups: Piece[][] = []
  for (const [i, piece] of pieces.entries()) {
    const begins = piece === last || (typeof piece === 'string' && typeof pieces[i - 1] !== 'string')
    if (begins || groups.length === 0) groups.push([])
    groups.at(-1)?.push(piece)
  }
  const isWhole = (piece: Piece) => typeof piece === 'string' || wholeOf(isSource(piece) ? piece : piece.barred) !== undefined
  const text = groups
    .filter(group => group.every(isWhole))
    .map(group => assemble(group, source => wholeOf(source) as ProbeOutput).stdout)
    .join('')
  return last === undefined || isWhole(last) ? text : text + cutOff
}

/** As sed(1) does it: what stands behind the last newline is a line if it is not empty. */
const barred = (text: string): string =>
  text
    .split('\n')
    .map((line, i, all) => (i === all.length - 1 && line === '' ? '' : `|${line}`))
    .join('\n')
