import type { ClusterStatus, NextStep, StatusCause } from '../../resources/cluster-status.ts'
import { oneLine, wrap } from '../../text/layout.ts'
import type { Palette } from './palette.ts'

/** The lines below the table of a status: a paragraph per cause, with the command to paste, and the verdict. Commands are never wrapped. */
export const statusLines = ({ problems, verdict }: ClusterStatus, colors: Palette, columns = Number.POSITIVE_INFINITY): string[] =>
  [...problems.flatMap(cause => causeLines(cause, colors, columns)), verdictLine(verdict, colors, columns), ''].flat()

const causeLines = ({ severity, code, text, next, consequences }: StatusCause, colors: Palette, columns: number): string[] => {
  const paint = severity === 'notice' ? colors.hint : colors.status.failed
  const [first = '', ...rest] = wrap(`${text}  [${code}]`, columns - 4)
  const follows = consequences.flatMap(({ text: said }) =>
    wrap(said, columns - 8).map((line, i) => colors.faint(`    ${i === 0 ? '└ ' : '  '}${line}`)),
  )
  return [
    `${paint(severity === 'notice' ? '· ' : '✖ ')}${first}`,
    ...rest.map(line => `  ${line}`),
    ...nextLines(next, colors, columns),
    ...follows,
  ]
}

const nextLines = ({ on, command, note }: NextStep, colors: Palette, columns: number): string[] => {
  const line = `    next${on === '' ? '' : `, on ${oneLine(on)}`}: ${colors.strong(oneLine(command))}`
  return [line, ...(note === undefined ? [] : wrap(`(${note})`, columns - 6).map(text => colors.faint(`      ${text}`)))]
}

const verdictLine = ({ state, text }: ClusterStatus['verdict'], colors: Palette, columns: number): string[] => {
  const paint = {
    healthy: colors.status.ok,
    degraded: colors.status.changed,
    down: colors.status.failed,
    'not-known': colors.status.unknown,
  }
  return wrap(`verdict: ${text}`, columns - 2).map((line, i) => paint[state](i === 0 ? line : `  ${line}`))
}
