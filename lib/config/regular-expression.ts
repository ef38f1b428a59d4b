import { runInNewContext } from 'node:vm'

/** Milliseconds. Any expression without backtracking checks 200,000 names in a tenth of a second. */
const limit = 3_000

/**
 * The names that a regular expression in Python's notation matches from their start. Throws an error with the reason for an invalid
 * expression, and for one that takes more than three seconds.
 *
 * The time is limited from outside (V8 stops the expression itself, in the middle of its backtracking), because that works for every
 * expression. A check beforehand would refuse harmless ones too, and an engine without backtracking lacks part of the notation.
 */
export const namesMatching = (names: Iterable<string>, expression: string): string[] => {
  const { source, flags } = javaScriptOf(expression)
  const regExp = new RegExp(`^(?:${source})`, flags)
  try {
    return runInNewContext('names.filter(name => regExp.test(name))', { names: [...names], regExp }, { timeout: limit }) as string[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new Error(`it takes more than ${limit / 1000} s because of backtracking`)
  }
}

/**
 * Translates Python's notation to JavaScript's, where there is a counterpart. The rest is an error because of the flag `u`, which refuses
 * unknown escapes: otherwise `\Z` would be a Z, and match other hosts than intended.
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
