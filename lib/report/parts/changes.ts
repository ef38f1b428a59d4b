import type { Change } from '../../resources/verdict.ts'
import { escapedTabs } from '../../text/escape.ts'
import { cut, oneLine } from '../../text/layout.ts'
import { diffCounts, unifiedDiff } from '../../text/unified.ts'
import type { Palette } from './palette.ts'

const notShown = '(secret, not shown)'

/** Maximum number of lines of one diff: for more of a big file, look at the file. */
const mostLines = 200

/** Characters. Above this size a summary does not count lines, because it is computed for each change. */
const mostCounted = 200_000

/** A short form of changes: `mode 0644 -> 0600, content +3 -1`. */
export const summaryOf = (changes: Change[], arrow = '->'): string => changes.map(change => oneChange(change, arrow)).join(', ')

const oneChange = (change: Change, arrow: string): string => {
  if (change.secret === true) return `${change.attribute} ${notShown}`
  if (change.diff === true) return `${change.attribute} ${countsOf(change)}`
  const [from, to] = [short(change.from), short(change.to)]
  // An assertion may name only what it found.
  return [change.attribute, from, to === '' ? '' : `${arrow} ${to}`].filter(part => part !== '').join(' ')
}

const short = (value: string) => cut(oneLine(value), 60)

const countsOf = ({ from, to }: Change): string => {
  if (isBinary(from) || isBinary(to)) return 'differs'
  if (from.length + to.length > mostCounted) return 'differs'
  const { added, removed } = diffCounts(from, to)
  return [added > 0 && `+${added}`, removed > 0 && `-${removed}`].filter(part => part !== false).join(' ')
}

/** The output of `--diff` for one resource. */
export const diffLines = (resource: string, changes: Change[], colors: Palette): string[] =>
  changes.flatMap(change =>
    change.diff === true && change.secret !== true ? textDiff(resource, change, colors) : [plainChange(change, colors)],
  )

const plainChange = (change: Change, colors: Palette): string => {
  if (change.secret === true) return `${change.attribute}: ${notShown}`
  return `${change.attribute}: ${colors.removed(oneLine(change.from))} -> ${colors.added(oneLine(change.to))}`
}

const textDiff = (resource: string, { attribute, from, to }: Change, colors: Palette): string[] => {
  if (isBinary(from) || isBinary(to)) return [`${attribute}: binary, differs`]
  const lines = unifiedDiff(from, to)
  const shown = lines.slice(0, mostLines).map(line => diffLine(lineOf(line), colors))
  const rest = lines.length > mostLines ? [colors.faint(`… ${lines.length - mostLines} more lines`)] : []
  const name = attribute === 'content' ? resource : `${resource} ${attribute}`
  return [colors.strong(`--- before: ${name}`), colors.strong(`+++ after: ${name}`), ...shown, ...rest]
}

/** Characters. A file of one endless line must not fill the screen. */
const longestLine = 2000

const lineOf = (line: string): string => {
  const text = escapedTabs(line)
  return text.length <= longestLine ? text : `${text.slice(0, longestLine)}… ${text.length - longestLine} more characters`
}

const diffLine = (line: string, colors: Palette): string => {
  if (line.startsWith('@@')) return colors.hunk(line)
  if (line.startsWith('+')) return colors.added(line)
  if (line.startsWith('-')) return colors.removed(line)
  return line.startsWith('\\') ? colors.faint(line) : line
}

/** Contains many NULs, escaped or not; a single one in a text does not hide the rest of it. */
const isBinary = (text: string) => (text.match(nul)?.length ?? 0) * 50 > text.length
const nul = /\0|\\x00/g
