import { quote } from './quote.ts'
import type { Probe, ProbeOutput } from './resource.ts'
import { isSource, type Piece, type Source, shellOf } from './source.ts'

/** A probe that prints these pieces one after the other; its exit code is that of the last source. */
export const probeOf = <S>(pieces: Piece[], parse: Probe<S>['parse'], more: Pick<Probe<S>, 'timeout'> = {}): Probe<S> => ({
  sh: pieces.length === 1 && isSource(pieces[0]) ? shellOf(pieces[0]) : pieces.map(shellOfPiece).join('\n'),
  reads: pieces,
  parse,
  ...more,
})

const shellOfPiece = (piece: Piece): string => {
  if (typeof piece === 'string') return `printf %s ${quote(piece)}`
  if (isSource(piece)) return `( ${shellOf(piece)}\n)`
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

/** As sed(1) does it: what stands behind the last newline is a line if it is not empty. */
const barred = (text: string): string =>
  text
    .split('\n')
    .map((line, i, all) => (i === all.length - 1 && line === '' ? '' : `|${line}`))
    .join('\n')
