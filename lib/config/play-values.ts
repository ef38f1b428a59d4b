import { ConfigError } from './error.ts'
import { reveal, type Value } from './value.ts'

const closed = {
  decrypt: (): string => {
    throw new ConfigError('a vault value is not allowed here')
  },
}

/** A text in a play, which must not be empty. */
export const textIn = (value: Value | undefined): string => {
  if (value?.kind !== 'scalar' || value.value === null || value.value === '') throw new ConfigError('a text is expected here', value?.place)
  return String(reveal(value, closed).value)
}

/** A list of words: a YAML list, one word, or words separated by commas. */
export const wordsIn = (value: Value | undefined, { commas = true } = {}): string[] => {
  if (!value || (value.kind === 'scalar' && value.value === null)) return []
  const words = value.kind === 'list' ? value.items.map(textIn) : [textIn(value)]
  return commas ? words.flatMap(word => word.split(',').map(part => part.trim())).filter(word => word !== '') : words
}

/** A boolean, or undefined when there is none. */
export const flagIn = (value: Value | undefined): boolean | undefined => {
  if (!value) return undefined
  const word = value.kind === 'scalar' ? String(reveal(value, closed).value).toLowerCase() : ''
  if (['true', 'yes', 'on', '1'].includes(word)) return true
  if (['false', 'no', 'off', '0'].includes(word)) return false
  throw new ConfigError('true or false is expected here', value.place)
}

/** A whole number above 0. */
export const numberIn = (value: Value): number => {
  const number = value.kind === 'scalar' ? Number(reveal(value, closed).value) : Number.NaN
  if (!Number.isInteger(number) || number < 1) throw new ConfigError('a whole number above 0 is expected here', value.place)
  return number
}
