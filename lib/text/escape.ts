/**
 * What a terminal, a mail reader or an editor would act on, or not show: control characters (C0, DEL, C1), format characters (direction, zero
 * width, byte order mark, tags), line separators, blanks other than the space, lone surrogates, characters that Unicode does not know. Line feed
 * and tab are judged by the caller.
 */
const unsafe = /(?![ \n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}]/gu

const isPlain = (text: string) => /^[\x20-\x7e\n\t]*$/.test(text)

/** `\x1b`, `\r`, `\u{202e}`; `\xff` is also a byte that is no UTF-8 (lib/ssh/host-text.ts). */
const formOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  if (character === '\r') return '\\r'
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  return `\\u{${code.toString(16)}}`
}

/** Text of a host or a file made harmless, nothing of it dropped. Line feeds and tabs stay. Idempotent. */
export const escaped = (text: string): string => (isPlain(text) ? text : text.replace(unsafe, formOf))

/** The same, tabs included: what is compared character by character, as in a diff. */
export const escapedTabs = (text: string) => escaped(text).replaceAll('\t', '\\t')

/** The same on one line: a name that holds a line feed must not look like two lines. */
export const escapedName = (text: string) => escapedTabs(text).replaceAll('\n', '\\n')

/** JSON text with what is unsafe in its own escapes, so that whoever parses it gets the exact value. */
export const escapedJson = (json: string): string => {
  if (isPlain(json)) return json
  return json.replace(unsafe, character =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the control sequence that colours are made of
const sgr = /(\x1b\[[\d;]*m)/

/** A line that a view made: our own colours pass, everything else is escaped. The last line of defence, behind the events. */
export const escapedPainted = (text: string): string => {
  if (/^[\x20-\x7e\n]*$/.test(text)) return text
  return text
    .split(sgr)
    .map((part, i) => (i % 2 === 1 ? part : escapedTabs(part)))
    .join('')
}

/** What hosts, roles and resources go by: one line each. */
const names = new Set(['host', 'hosts', 'cluster', 'role', 'resource', 'handler', 'by', 'attribute', 'remedy', 'command', 'run'])

/** Every string of a value, and every key, escaped. Changes nothing in what is escaped already. */
export const escapedDeep = <T>(value: T, form: (text: string) => string = escaped): T => {
  if (typeof value === 'string') return form(value) as T
  if (Array.isArray(value)) return value.map(item => escapedDeep(item, form)) as T
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, item]) => [escapedName(key), escapedDeep(item, names.has(key) ? escapedName : form)])
  return Object.fromEntries(entries) as T
}
