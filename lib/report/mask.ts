/** What stands in the place of a secret. */
export const MASK = '***'

export interface Masker {
  /** Makes a value secret from now on. */
  add(secret: string): void
  /** The text with every known secret, in any form it commonly takes, replaced. */
  mask(text: string): string
}

/**
 * Masks by value: whatever path a secret took into a text, it does not come out. Values of four characters and more are masked
 * wherever they occur. Those of two or three only where they stand alone as a word: inside words they would hit half of the output.
 * A single character hides nothing, and masking it would leave nothing readable, so it is ignored.
 */
export function createMasker(): Masker {
  const anywhere = new Set<string>()
  const words = new Set<string>()
  let longestFirst: string[] = []
  return {
    add(secret) {
      for (const value of [secret, secret.trim()]) if (value.trim().length >= 2) (value.length < 4 ? words : anywhere).add(value)
      for (const form of formsOf(secret)) if (form.trim().length >= 4) anywhere.add(form)
      longestFirst = [...anywhere, ...words].sort((a, b) => b.length - a.length)
    },
    mask(text) {
      return replaceSpans(text, joined(longestFirst.flatMap(value => spansOf(text, value, words.has(value)))))
    },
  }
}

/** The forms in which a secret travels through scripts, files and messages; each line of a multi-line one counts as a secret itself. */
function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map(line => line.trim())
  const values = [secret, secret.trim(), ...(lines.length > 1 ? lines.filter(line => line.length >= 4) : [])]
  return values.filter(value => value.trim() !== '').flatMap(value => [value, ...encodingsOf(value)])
}

function encodingsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  return [
    json,
    JSON.stringify(json).slice(1, -1),
    value.replaceAll("'", `'\\''`),
    value.replace(/[\\'\n\r\t]/g, character => ANSI_C[character] ?? character),
    value.replace(/[\\"$`]/g, '\\$&'),
    percentEncoded(value),
    ...base64Of(value),
  ]
}

/** What `$'...'` makes of characters: zx quotes local commands so. */
const ANSI_C: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function percentEncoded(value: string): string {
  // Through bytes: a lone surrogate has no percent form, and is no reason to fail.
  return encodeURIComponent(Buffer.from(value, 'utf8').toString('utf8'))
}

/**
 * The value's own base64, and the part of it that is the same whatever follows it when the value starts one or two bytes into a group
 * (as in the base64 of `user:password`). Parts under eight characters are left out: they occur by chance.
 */
function base64Of(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8')
  const whole = bytes.toString('base64')
  const inside = [0, 1, 2].map(shift => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const end = Math.floor(((shift + bytes.length) * 8) / 6)
    return encoded.slice(Math.ceil((shift * 8) / 6), end)
  })
  const standard = [whole, whole.replace(/=+$/, ''), ...inside.filter(part => part.length >= 8)]
  return [...standard, ...standard.map(text => text.replaceAll('+', '-').replaceAll('/', '_'))]
}

type Span = [start: number, end: number]

function spansOf(text: string, value: string, wordOnly: boolean): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const end = at + value.length
    if (!wordOnly || (!isWord(text[at - 1]) && !isWord(text[end]))) spans.push([at, end])
  }
  return spans
}

const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_]/u.test(character)

/** Spans in order, those that overlap or touch made one: nothing of either secret, nor how many there were, is left. */
function joined(spans: Span[]): Span[] {
  const out: Span[] = []
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else out.push([start, end])
  }
  return out
}

function replaceSpans(text: string, spans: Span[]): string {
  if (spans.length === 0) return text
  let out = ''
  let from = 0
  for (const [start, end] of spans) {
    out += text.slice(from, start) + MASK
    from = end
  }
  return out + text.slice(from)
}
