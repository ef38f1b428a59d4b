import type { Markup } from '../../text/html.ts'
import { html } from '../../text/html.ts'
import { duration, logShare } from './scale.ts'
import type { FaultSummary } from './summary.ts'

const row = 28
const scale = { shortest: 10, longest: 200_000 }
const marks = [10, 100, 1_000, 10_000, 100_000]
const xOf = (ms: number): number => Math.round(1000 * 100 * logShare(ms, scale)) / 1000

/** The longest write of every run, one line per fault: dots on a logarithmic axis, the median as a bar. */
export const overview = (summaries: readonly FaultSummary[], isCompared: boolean): Markup => {
  const rows = summaries.filter(s => s.write !== undefined)
  const height = rows.length * row
  return html`<div class="overview">
<div class="labels">${rows.map(s => html`<a href="#${anchorOf(s)}" style="height:${row}px">${s.title}${isCompared ? html` <small>${s.stack}</small>` : ''}</a>`)}</div>
<svg width="100%" height="${height + 24}" role="img" aria-label="the longest wait of a write in each run of each fault">
${marks.map(m => html`<line class="grid" x1="${xOf(m)}%" x2="${xOf(m)}%" y1="0" y2="${height}"/><text class="tick" x="${xOf(m)}%" y="${height + 16}" text-anchor="middle">${m < 1_000 ? `${m} ms` : `${m / 1000} s`}</text>`)}
${rows.map((s, i) => line(s, i * row + row / 2))}
</svg>
<div class="figures">${rows.map(s => html`<span style="height:${row}px">${s.write ? duration(s.write.median) : ''}</span>`)}</div>
</div>`
}

const line = (s: FaultSummary, y: number): Markup | undefined =>
  s.write &&
  html`<line class="rail" x1="0%" x2="100%" y1="${y}" y2="${y}"/>
<line class="median ${s.stack}" x1="${xOf(s.write.median)}%" x2="${xOf(s.write.median)}%" y1="${y - 9}" y2="${y + 9}"/>
${s.write.all.map(ms => html`<circle class="stall ${s.stack}" cx="${xOf(ms)}%" cy="${y}" r="4"><title>${s.title}: ${duration(ms)}</title></circle>`)}`

/** Anchor of the part of the page for a fault. */
export const anchorOf = ({ fault, stack }: Pick<FaultSummary, 'fault' | 'stack'>): string => `${fault}-${stack}`
