import type { Range } from '../../text/axis.ts'
import { percentAt, stretchOf, ticksOf } from '../../text/axis.ts'
import type { Markup } from '../../text/html.ts'
import { html } from '../../text/html.ts'
import type { Timed } from '../clients/client-impact.ts'
import { thinned } from '../clients/client-impact.ts'
import type { Kind } from '../clients/operations.ts'
import { kinds } from '../clients/operations.ts'
import type { EventKind, NodeEvent } from '../testbed/node-log.ts'
import type { Trial } from './record.ts'
import { duration, logShare } from './scale.ts'

const top = 22
const plot = 176
const lane = 30
const laneGap = 14
const axis = 22

const marks = [1, 10, 100, 1_000, 10_000, 100_000]
const heightOf = (ms: number): number => Math.round((top + plot * (1 - logShare(ms))) * 10) / 10

/** From shortly before the fault to shortly after its end state. Pure. */
export const faultRange = (trial: Trial): Range => {
  const longest = Math.max(0, ...Object.values(trial.stall))
  const end = Math.max(trial.endReached ?? 0, trial.tookOver ?? 0, Math.min(longest, trial.undoneAt), 4_000)
  return { from: -2_500, to: Math.min(end, trial.undoneAt) + 2_500 }
}

/** Until the clients work undisturbed again. Pure. */
export const wholeRange = (trial: Trial): Range => ({
  from: -5_000,
  to: Math.max(trial.wholeAt ?? 0, trial.undoneAt, ...trial.operations.map(o => o.at + o.took)) + 2_000,
})

/** When each node was active according to the logs: until it released the service, or lost it with the fault. Pure. */
export const servingTimes = (trial: Trial, host: string): Range[] => {
  const own = trial.events.filter(e => e.host === host)
  const times: Range[] = []
  let from: number | undefined = host === trial.holder ? Number.NEGATIVE_INFINITY : undefined
  const end = (at: number) => {
    if (from !== undefined) times.push({ from, to: at })
    from = undefined
  }
  const dies = trial.silences && trial.on.includes(host)
  let dead = false
  for (const event of own) {
    if (dies && !dead && event.at > 0) {
      dead = true
      end(0)
    }
    if (event.kind === 'serves' && from === undefined) from = event.at
    if (event.kind === 'releases') end(event.at)
  }
  if (dies && !dead) end(0)
  end(Number.POSITIVE_INFINITY)
  return times
}

/** One operation: a bar whose length and height show how long it took; a short one is a dot, a failed one a cross. */
const operation = (o: Timed, range: Range): Markup | undefined => {
  const seen = stretchOf(range, o.at, o.at + o.took)
  if (!seen) return undefined
  const y = heightOf(o.took)
  const title =
    o.took > 1_000 || !o.ok
      ? html`<title>${o.mount} ${o.kind}: ${duration(o.took)} from ${(o.at / 1000).toFixed(2)} s${o.ok ? '' : `: ${o.detail}`}</title>`
      : undefined
  if (!o.ok) return html`<text class="failed" x="${seen.x}%" y="${y + 4}">×${title}</text>`
  if (seen.width < 0.35) return html`<circle cx="${seen.x}%" cy="${y}" r="1.6">${title}</circle>`
  return html`<rect x="${seen.x}%" width="${seen.width}%" y="${y - 1.75}" height="3.5" rx="1.75">${title}</rect>`
}

/** A picture has room for this many operations of a kind: of more, only the longest would be visible. */
const room = 200

const operationsIn = (trial: Trial, kind: Kind, range: Range): Markup => {
  const inside = trial.operations.filter(o => o.kind === kind && o.at <= range.to && o.at + o.took >= range.from)
  const shown = thinned(inside, (range.to - range.from) / room, o => o.kind)
  return html`<g class="${kind}">${shown.map(o => operation(o, range))}</g>`
}

/** The moments that divide a trial; a label that would leave the picture is on the other side of its line. */
const moment = (range: Range, at: number | undefined, name: string, bottom: number): Markup | undefined => {
  if (at === undefined || at < range.from || at > range.to) return undefined
  const x = percentAt(range, at)
  const isLate = x > 80
  return html`<g class="moment ${name}"><line x1="${x}%" x2="${x}%" y1="4" y2="${bottom}"/><text x="${x}%" dx="${isLate ? -5 : 5}" y="13"${isLate ? html` text-anchor="end"` : ''}>${name}</text></g>`
}

/** Consecutive lines often have the same meaning: only the first of them is drawn. */
const firstOfEach = (events: readonly NodeEvent[]): NodeEvent[] => {
  const told = events.filter(e => e.kind !== 'storage')
  return events.filter(e => e.kind === 'storage' || told[told.indexOf(e) - 1]?.kind !== e.kind)
}

const laneOf = (trial: Trial, host: string, y: number, range: Range): Markup[] => [
  html`<line class="rail" x1="0%" x2="100%" y1="${y + lane / 2}" y2="${y + lane / 2}"/>`,
  ...servingTimes(trial, host).flatMap(({ from, to }) => {
    const seen = stretchOf(range, from, to)
    return seen ? [html`<rect class="serves" x="${seen.x}%" width="${seen.width}%" y="${y + 5}" height="${lane - 10}" rx="3"/>`] : []
  }),
  ...firstOfEach(trial.events.filter(e => e.host === host && e.kind !== 'other'))
    .filter(e => e.at >= range.from && e.at <= range.to)
    .map(e => event(e, y, range)),
]

/** Shapes that distinguish events in addition to their colour. */
const heads: Partial<Record<EventKind, string>> = {
  notices: 'M-4.5,0 A4.5,4.5 0 1 0 4.5,0 A4.5,4.5 0 1 0 -4.5,0 z',
  releases: 'M5,-5.5 L-5,0 L5,5.5 z',
  'takes over': 'M-5,-5.5 L5,0 L-5,5.5 z',
}

const mark = (kind: EventKind, x: string, top: number, height: number, title?: string): Markup =>
  html`<g class="event ${kind.replace(' ', '-')}">${
    title !== undefined && html`<title>${title}</title>`
  }<line x1="${x}" x2="${x}" y1="${top}" y2="${top + height}"/>${
    heads[kind] !== undefined && html`<svg x="${x}" y="${top + height / 2}" width="1" height="1"><path d="${heads[kind]}"/></svg>`
  }</g>`

const event = (e: NodeEvent, y: number, range: Range): Markup =>
  mark(e.kind, `${percentAt(range, e.at)}%`, y, lane, `${(e.at / 1000).toFixed(2)} s ${e.host}: ${e.text}`)

/** The longest write, labelled in place. */
const longest = (trial: Trial, range: Range): Markup | undefined => {
  const writes = trial.operations.filter(o => o.kind === 'write' && o.took > 200 && o.at < range.to && o.at + o.took > range.from)
  const worst = writes.reduce<Timed | undefined>((a, o) => (a === undefined || o.took > a.took ? o : a), undefined)
  if (!worst) return undefined
  const seen = stretchOf(range, worst.at, worst.at + worst.took)
  if (!seen) return undefined
  const x = Math.min(Math.max(seen.x + seen.width / 2, 8), 92)
  return html`<text class="longest" x="${x}%" y="${heightOf(worst.took) - 7}" text-anchor="middle">${duration(worst.took)}</text>`
}

const order: readonly Kind[] = ['dd', 'create', 'open', 'lock', 'write']

/** The waits of the clients and the events of the nodes on one time axis; it fills the available width. */
export const timeline = (trial: Trial, hosts: readonly string[], range: Range): Markup => {
  const lanes = top + plot + laneGap
  const bottom = lanes + hosts.length * lane
  const height = bottom + axis
  const ticks = ticksOf(range, 9)
  const lasted = stretchOf(range, 0, trial.undoneAt)
  return html`<div class="timeline">
<svg class="names" width="62" height="${height}" aria-hidden="true">
${marks.map(m => html`<text x="54" y="${heightOf(m) + 4}" text-anchor="end">${m < 1_000 ? `${m} ms` : `${m / 1000} s`}</text>`)}
${hosts.map((host, i) => html`<text class="host" x="54" y="${lanes + i * lane + lane / 2 + 4}" text-anchor="end">${host}</text>`)}
</svg>
<svg class="plot" width="100%" height="${height}" role="img" aria-label="${`${trial.title}, run ${trial.run}: waits of the clients and what the nodes did`}">
${lasted && html`<rect class="lasts" x="${lasted.x}%" width="${lasted.width}%" y="${top}" height="${bottom - top}"/>`}
${ticks.map(t => html`<line class="grid" x1="${percentAt(range, t)}%" x2="${percentAt(range, t)}%" y1="${top}" y2="${bottom}"/>`)}
${marks.map(m => html`<line class="grid" x1="0%" x2="100%" y1="${heightOf(m)}" y2="${heightOf(m)}"/>`)}
${order.map(kind => operationsIn(trial, kind, range))}
${longest(trial, range)}
${hosts.map((host, i) => laneOf(trial, host, lanes + i * lane, range))}
${moment(range, 0, 'fault', bottom)}${moment(range, trial.undoneAt, 'undone', bottom)}${moment(range, trial.wholeAt, 'whole', bottom)}
${ticks.map(t => html`<text class="tick" x="${percentAt(range, t)}%" y="${bottom + 16}" text-anchor="middle">${t / 1000} s</text>`)}
</svg></div>`
}

/** The meaning of the colours, once for all timelines. */
export const legend = (withDd: boolean): Markup => html`<ul class="legend">
${kinds.filter(k => withDd || k !== 'dd').map(kind => html`<li><svg width="22" height="10" aria-hidden="true"><rect class="${kind}" x="0" y="3" width="22" height="4" rx="2"/></svg>${kindName[kind]}</li>`)}
<li><svg width="22" height="12" aria-hidden="true"><text class="failed" x="6" y="11">×</text></svg>failed</li>
<li><svg width="22" height="12" aria-hidden="true"><rect class="serves" x="0" y="1" width="22" height="10" rx="3"/></svg>the node is active</li>
<li><svg width="14" height="14" aria-hidden="true">${mark('notices', '7', 0, 14)}</svg>it notices the fault</li>
<li><svg width="14" height="14" aria-hidden="true">${mark('takes over', '7', 0, 14)}</svg>it starts to take over</li>
<li><svg width="14" height="14" aria-hidden="true">${mark('releases', '7', 0, 14)}</svg>it starts to release</li>
</ul>`

const kindName: Record<Kind, string> = {
  write: 'a record, fsync',
  lock: 'a write under a lock',
  open: 'open and read',
  create: 'a new small file',
  dd: 'dd of 10 MiB',
}
