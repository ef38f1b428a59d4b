/**
 * Characters that a terminal, a mail reader or an editor would interpret or hide: control characters (C0, DEL, C1), format characters
 * (direction, zero width, byte order mark, tags), line separators, blanks other than the space, lone surrogates, unassigned characters.
 * The caller handles line feed and tab.
 */
const unsafe = /(?![ \n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}]/gu

const isPlain = (text: string) => /^[\x20-\x7e\n\t]*$/.test(text)

/** `\x1b`, `\r`, `\u{202e}`; `\xff` may also be a byte that is not valid UTF-8 (lib/ssh/host-text.ts). */
const formOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  if (character === '\r') return '\\r'
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  return `\\u{${code.toString(16)}}`
}

/** Escapes unsafe characters in text from a host or a file; drops nothing. Line feeds and tabs stay. Idempotent. */
export const escaped = (text: string): string => (isPlain(text) ? text : text.replace(unsafe, formOf))

/** Escapes tabs too: for text that is compared character by character, as in a diff. */
export const escapedTabs = (text: string) => escaped(text).replaceAll('\t', '\\t')

/** Escapes line feeds too: a name that contains one must not look like two lines. */
export const escapedName = (text: string) => escapedTabs(text).replaceAll('\n', '\\n')

/** Escapes unsafe characters with JSON's own escapes, so that a parser gets the exact value. */
export const escapedJson = (json: string): string => {
  if (isPlain(json)) return json
  return json.replace(unsafe, character =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the control sequence that colours are made of
const sgr = /(\x1b\[[\d;]*m)/

/** Escapes a line printed by a view except our own colours: the last line of defence, because events are escaped already. */
export const escapedPainted = (text: string): string => {
  if (/^[\x20-\x7e\n]*$/.test(text)) return text
  return text
    .split(sgr)
    .map((part, i) => (i % 2 === 1 ? part : escapedTabs(part)))
    .join('')
}

/** The keys with names and other one-line values. */
const names = new Set(['host', 'hosts', 'cluster', 'role', 'resource', 'handler', 'by', 'attribute', 'remedy', 'command', 'run'])

/** Escapes every string and every key of a value. Idempotent. */
export const escapedDeep = <T>(value: T, form: (text: string) => string = escaped): T => {
  if (typeof value === 'string') return form(value) as T
  if (Array.isArray(value)) return value.map(item => escapedDeep(item, form)) as T
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, item]) => [escapedName(key), escapedDeep(item, names.has(key) ? escapedName : form)])
  return Object.fromEntries(entries) as T
}
