import { escapedTabs as visible } from './escape.ts'

/** Markup that is already escaped. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Piece = string | number | Markup | undefined | false | readonly Piece[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes text from logs and hosts for elements and quoted attributes; control and format characters are shown escaped, as everywhere. */
export const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, c => entities[c] ?? c)

const render = (piece: Piece): string => {
  if (piece === undefined || piece === false) return ''
  if (piece instanceof Markup) return piece.text
  return Array.isArray(piece) ? piece.map(render).join('') : escaped(String(piece))
}

/** A template tag that escapes its values, unless they are Markup. */
export const html = (strings: TemplateStringsArray, ...values: Piece[]): Markup =>
  new Markup(strings.map((s, i) => s + (i < values.length ? render(values[i]) : '')).join(''))
