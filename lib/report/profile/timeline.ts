import type { HostProfile, ProfileSpan, RunProfile } from '../../engine/events.ts'
import { duration } from '../../text/amounts.ts'
import { percentAt, type Range, stretchOf, ticksOf } from '../../text/axis.ts'
import { html, type Markup } from '../../text/html.ts'
import { cut } from '../../text/layout.ts'
import { phases } from './lines.ts'

const lane = 26
const axis = 24
/** Characters of a host name that fit. */
const nameWidth = 22
/** Percent of the page's width. A narrower span cannot be seen. */
const narrowest = 0.02

/** A bar per host over the run, coloured by phase; it fills the available width. Pure. */
export const timeline = ({ ms, hosts }: RunProfile): Markup => {
  const range = { from: 0, to: Math.max(1, ms) }
  const bottom = hosts.length * lane
  const ticks = ticksOf(range, 9)
  return html`<div class="timeline">
<svg class="names" height="${bottom + axis}" aria-hidden="true">
${hosts.map(({ host }, i) => html`<text x="0" y="${i * lane + lane / 2 + 4}">${cut(host, nameWidth)}<title>${host}</title></text>`)}
</svg>
<svg class="plot" width="100%" height="${bottom + axis}" role="img" aria-label="phases of each host over the run">
${ticks.map(t => html`<line class="grid" x1="${percentAt(range, t)}%" x2="${percentAt(range, t)}%" y1="0" y2="${bottom}"/>`)}
${hosts.map((host, i) => bar(host, i * lane, range))}
${ticks.map(t => html`<text class="tick" x="${percentAt(range, t)}%" y="${bottom + 16}" text-anchor="middle">${duration(t)}</text>`)}
</svg></div>`
}

const bar = ({ host, spans }: HostProfile, y: number, range: Range): Markup[] =>
  spans.flatMap(span => {
    const seen = stretchOf(range, span.from, span.from + span.ms)
    if (!seen || seen.width < narrowest) return []
    return [
      html`<rect class="${span.phase}" x="${seen.x}%" width="${seen.width}%" y="${y + 4}" height="${lane - 8}"><title>${wordsOf(host, span)}</title></rect>`,
    ]
  })

const wordsOf = (host: string, { phase, role, resource, from, ms }: ProfileSpan): string =>
  `${[host, phase, role, resource].filter(word => word !== undefined).join(' · ')}: ${duration(ms)} from ${duration(from)}`

/** The meaning of the colours. */
export const legend: Markup = html`<ul class="legend">
${phases.map(phase => html`<li><svg width="22" height="12" aria-hidden="true"><rect class="${phase}" x="0" y="1" width="22" height="10"/></svg>${phase}</li>`)}
</ul>`
