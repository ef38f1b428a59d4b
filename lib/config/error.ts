import { escapedTabs } from '../text/escape.ts'
import { width } from '../text/layout.ts'
import { quotableLine, withoutHidden } from './secret-lines.ts'

/** A text that configuration was read from. `file` is what an operator would type to open it, or `-e` for the command line. */
export interface Source {
  file: string
  text: string
  /** Decrypted text: its lines are never quoted in a message. */
  secret?: boolean
}

/** A position in a source. Lines and columns count from 1; line 0 means the source as a whole. */
export interface Place {
  source: Source
  line: number
  column: number
}

/** The place for a source as a whole. */
export const wholeOf = (source: Source): Place => ({ source, line: 0, column: 0 })

/** The place as `file:line:column`, as editors and terminals understand it. */
export const placeName = ({ source, line, column }: Place): string => (line === 0 ? source.file : `${source.file}:${line}:${column}`)

/** A mistake in a file or argument of the operator: exit code 2, no host was contacted. `message` is the whole text to print. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** The message without place, source line and hint. */
  readonly problem: string
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  readonly sourceLine: string | undefined
  readonly hint: string | undefined

  constructor(problem: string, place?: Place, hint?: string) {
    const { shown, hidden } = place && place.line > 0 ? quotableLine(place.source, place.line) : { shown: undefined, hidden: '' }
    const told = withoutHidden(problem, hidden)
    super(formatted(told, place, shown, hint))
    this.problem = told
    this.file = place?.source.file
    this.line = place?.line || undefined
    this.column = place?.column || undefined
    this.sourceLine = shown
    this.hint = hint
  }
}

/** Several mistakes found together. */
export class ConfigErrors extends Error {
  override readonly name = 'ConfigErrors'
  readonly errors: ConfigError[]
  constructor(errors: ConfigError[]) {
    const shown = errors.slice(0, mostShown).map(error => error.message)
    if (errors.length > mostShown) shown.push(`and ${errors.length - mostShown} more mistakes`)
    super(shown.join('\n\n'))
    this.errors = errors
  }
}

/** Maximum number of mistakes shown: a file of the wrong format is wrong in every line. */
export const mostShown = 20

/** Throws the collected errors: nothing for none, the error itself for one. */
export const throwAll = (errors: ConfigError[]): void => {
  const different = [...new Map(errors.map(error => [error.message, error])).values()]
  const [first, ...others] = different
  if (first) throw others.length === 0 ? first : new ConfigErrors(different)
}

/** Runs `step` for each item and throws all errors together, so that an operator fixes a file once instead of once per error. */
export const collecting = <T, R>(items: Iterable<T>, step: (item: T) => R): R[] => {
  const errors: ConfigError[] = []
  const results: R[] = []
  for (const item of items) {
    try {
      results.push(step(item))
    } catch (error) {
      errors.push(...configErrorsOf(error))
    }
  }
  throwAll(errors)
  return results
}

/** The mistakes that an error consists of; rethrows anything that is not a mistake of the operator. */
export const configErrorsOf = (error: unknown): ConfigError[] => {
  if (error instanceof ConfigErrors) return error.errors
  if (error instanceof ConfigError) return [error]
  throw error
}

/** Text from the file is escaped, and the caret points at the character of the column. */
const formatted = (problem: string, place: Place | undefined, sourceLine: string | undefined, hint: string | undefined): string => {
  const lines = [escapedTabs(place ? `${placeName(place)}: ${problem}` : problem)]
  if (place && sourceLine !== undefined) {
    const before = width(escapedTabs(sourceLine.slice(0, Math.max(0, place.column - 1))))
    lines.push(`  ${escapedTabs(sourceLine)}`, `  ${' '.repeat(before)}^`)
  }
  if (hint) lines.push(`  ${escapedTabs(hint)}`)
  return lines.join('\n')
}
