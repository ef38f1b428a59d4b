/** Replaces a secret. */
export const maskText = '***'

export interface Masker {
  /** Adds a secret to mask. */
  add(secret: string): void
  /** Masks every known secret in the text, in all common encodings. */
  mask(text: string): string
  /**
   * The same for the output of a program that reads a file with secrets: it may quote part of a line, so every piece of four characters
   * (eight of an encoded form) is masked too. `open`: words that are not secret, such as the host and the resource.
   */
  maskPieces(text: string, open?: readonly string[]): string
}

/**
 * Masks by value, however a secret got into a text. Values of four characters and more are masked everywhere. Values of two or three
 * only as separate words: inside words they would match half of the output. Single characters are ignored: masking them would leave
 * nothing readable.
 */
export const createMasker = (): Masker => {
  const anywhere = new Set<string>()
  const words = new Set<string>()
  const pieces = new Map<string, number>()
  let longestFirst: string[] = []
  return {
    add(secret) {
      for (const [piece, length] of piecesOf(secret)) pieces.set(piece, length)
      for (const value of [secret, secret.trim()]) if (value.trim().length >= 2) (value.length < 4 ? words : anywhere).add(value)
      for (const form of formsOf(secret)) if (form.trim().length >= 4) anywhere.add(form)
      longestFirst = [...anywhere, ...words].sort((a, b) => b.length - a.length)
    },
    mask(text) {
      return replaceSpans(text, joined(longestFirst.flatMap(value => spansOf(text, value, words.has(value)))))
    },
    maskPieces(text, open = []) {
      const whole = longestFirst.flatMap(value => spansOf(text, value, words.has(value)))
      return replaceSpans(text, joined([...whole, ...pieceSpans(text, pieces, open)]))
    },
  }
}

const shortestPiece = 4
const encodedPiece = 8

/** All pieces of a secret and of its forms, each with its length. */
const piecesOf = (secret: string): [string, number][] => {
  const cut = (text: string, length: number): [string, number][] =>
    Array.from({ length: Math.max(0, text.length - length + 1) }, (_, i) => [text.slice(i, i + length), length])
  const values = [...new Set([secret, secret.trim()])].filter(value => value.trim().length >= shortestPiece)
  return values.flatMap(value => [
    ...cut(value, shortestPiece).filter(([piece]) => piece.trim().length >= 3),
    ...encodingsOf(value).flatMap(form => cut(form, encodedPiece)),
  ])
}

/** Words that the programs commonly print: a piece entirely within such a word reveals nothing. */
const openWords =
  `address authkeys authentication cannot cluster command config configuration connection connect device disk drbd drbdadm drbdmeta
drbdsetup error exit expected failed file heartbeat host invalid kernel line master node option parse password peer primary protocol resource role root
secondary secret server service shared socket start started starting state status stop stopped string such sudo syntax system systemctl
systemd unexpected unknown user with`.split(/\s+/)

const pieceSpans = (text: string, pieces: Map<string, number>, open: readonly string[]): Span[] => {
  if (pieces.size === 0) return []
  const found: Span[] = []
  for (let at = 0; at < text.length; at += 1)
    for (const length of [shortestPiece, encodedPiece])
      if (pieces.get(text.slice(at, at + length)) === length) found.push([at, at + length])
  if (found.length === 0) return []
  const known = new Set([...openWords, ...open.flatMap(name => name.toLowerCase().match(wordPattern) ?? [])])
  const readable = [...text.matchAll(wordPattern)]
    .filter(word => known.has(word[0].toLowerCase()))
    .map(word => [word.index, word.index + word[0].length])
  return joined(found).filter(span => {
    const [start, end] = withoutHyphens(text, span)
    return !readable.some(([from = 0, to = 0]) => from <= start && end <= to)
  })
}

/** A hyphen beside such a word reveals nothing more: `-drbd` in `nfsha-drbd.service`. A shorter remainder does not count as a word. */
const withoutHyphens = (text: string, [start, end]: Span): Span => {
  const piece = text.slice(start, end)
  const word = piece.replace(/^-+|-+$/g, '')
  if (word.length < shortestPiece) return [start, end]
  const at = start + piece.indexOf(word)
  return [at, at + word.length]
}

const wordPattern = /[\p{L}\p{N}]+/gu

/** The encodings of a secret in scripts, files and messages; each line of a multi-line secret counts as a secret. */
const formsOf = (secret: string): string[] => {
  const lines = secret.split(/\r?\n/).map(line => line.trim())
  const values = [secret, secret.trim(), ...(lines.length > 1 ? lines.filter(line => line.length >= 4) : [])]
  return values.filter(value => value.trim() !== '').flatMap(value => [value, ...encodingsOf(value)])
}

const encodingsOf = (value: string): string[] => {
  const json = JSON.stringify(value).slice(1, -1)
  return [
    json,
    JSON.stringify(json).slice(1, -1),
    value.replaceAll("'", `'\\''`),
    value.replace(/[\\'\n\r\t]/g, character => ansiC[character] ?? character),
    value.replace(/[\\"$`]/g, '\\$&'),
    percentEncoded(value),
    value.replace(/[&<>"']/g, character => htmlEntities[character] ?? character),
    hexOf(value),
    hexOf(value).toUpperCase(),
    ...base64Of(value),
  ]
}

const hexOf = (value: string) => Buffer.from(value, 'utf8').toString('hex')

/** As in the HTML report of the failover test. */
const htmlEntities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes in `$'...'`, with which zx quotes local commands. */
const ansiC: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const percentEncoded = (value: string): string => {
  // Through bytes: encodeURIComponent would throw on a lone surrogate.
  return encodeURIComponent(Buffer.from(value, 'utf8').toString('utf8'))
}

/**
 * The base64 of the value, and the part that does not depend on the surrounding bytes when the value starts one or two bytes into a group
 * (as in the base64 of `user:password`). Parts of less than eight characters are omitted: they occur by chance.
 */
const base64Of = (value: string): string[] => {
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

const spansOf = (text: string, value: string, wordOnly: boolean): Span[] => {
  const spans: Span[] = []
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const end = at + value.length
    if (!wordOnly || (!isWord(text[at - 1]) && !isWord(text[end]))) spans.push([at, end])
  }
  return spans
}

const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_]/u.test(character)

/** Sorts spans and merges those that overlap or touch, so that neither parts of the secrets nor their number can be seen. */
const joined = (spans: Span[]): Span[] => {
  const out: Span[] = []
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else out.push([start, end])
  }
  return out
}

const replaceSpans = (text: string, spans: Span[]): string => {
  if (spans.length === 0) return text
  let out = ''
  let from = 0
  for (const [start, end] of spans) {
    out += text.slice(from, start) + maskText
    from = end
  }
  return out + text.slice(from)
}
