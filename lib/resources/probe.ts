import { quote } from './quote.ts'
import type { Probe, ProbeOutput } from './reading.ts'
import { isSource, type Piece, type Source, shellOf } from './source.ts'

/** A probe that prints these pieces in sequence; its exit code is that of the last source. */
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

/** Pure: the output that a probe's own script would have printed, assembled from the outputs of its sources. */
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
 * Pure: the same for an incomplete probe. A source without complete output (`wholeOf`: undefined) is omitted together with the texts before
 * it, so that they introduce nothing. Of the last piece the truncated output (`cutOff`) is used.
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

/** Like sed(1): text after the last newline is a line unless it is empty. */
const barred = (text: string): string =>
  text
    .split('\n')
    .map((line, i, all) => (i === all.length - 1 && line === '' ? '' : `|${line}`))
    .join('\n')
