import { runInNewContext } from 'node:vm'

/** Milliseconds. 200,000 names take a tenth of a second with any expression that does not backtrack. */
const limit = 3_000

/**
 * The names that a regular expression in Python's notation fits from their start on. Throws an error with the reason for one that cannot be
 * read, or that takes more than three seconds.
 *
 * The time is limited from outside (V8 stops the expression itself, in the middle of its backtracking), because that holds for every
 * expression; a check beforehand would have to refuse harmless ones too, and an engine without backtracking lacks a part of the notation.
 */
export const namesMatching = (names: Iterable<string>, expression: string): string[] => {
  const { source, flags } = javaScriptOf(expression)
  const regExp = new RegExp(`^(?:${source})`, flags)
  try {
    return runInNewContext('names.filter(name => regExp.test(name))', { names: [...names], regExp }, { timeout: limit }) as string[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new Error(`it takes more than ${limit / 1000} s: it tries too many ways to fit a name`)
  }
}

/**
 * What Python's notation has and JavaScript's has not, as far as it has a counterpart. The rest is an error through the flag `u`, which
 * takes no unknown escape for a letter: `\Z` would else be a Z, and fit other hosts than meant.
 */
const javaScriptOf = (expression: string): { source: string; flags: string } => {
  const [, caseless] = /^\(\?([aiu]+)\)/.exec(expression) ?? []
  const body = caseless === undefined ? expression : expression.slice(caseless.length + 3)
  const source = body.replace(/\\([\s\S])|\(\?P<|\(\?P=(\w+)\)|(\[\^?)\]/g, (whole, escaped?: string, group?: string, set?: string) => {
    if (escaped === 'A') return '^'
    if (escaped === 'Z') return '$'
    if (escaped === '-') return '\\x2d'
    if (escaped !== undefined) return /[\s!"#%&',:;<=>@_`~]/.test(escaped) ? escaped : whole
    if (group !== undefined) return `\\k<${group}>`
    return set === undefined ? '(?<' : `${set}\\]`
  })
  return { source, flags: caseless?.includes('i') ? 'iu' : 'u' }
}
