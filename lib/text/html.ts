import { escapedTabs as visible } from './escape.ts'

/** Markup that needs no escaping any more. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Piece = string | number | Markup | undefined | false | readonly Piece[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text of logs and hosts made harmless in an element and in a quoted attribute; control and format characters are shown escaped, as everywhere. */
export const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, c => entities[c] ?? c)

const render = (piece: Piece): string => {
  if (piece === undefined || piece === false) return ''
  if (piece instanceof Markup) return piece.text
  return Array.isArray(piece) ? piece.map(render).join('') : escaped(String(piece))
}

/** A template whose values are escaped, unless they are made with it themselves. */
export const html = (strings: TemplateStringsArray, ...values: Piece[]): Markup =>
  new Markup(strings.map((s, i) => s + (i < values.length ? render(values[i]) : '')).join(''))
