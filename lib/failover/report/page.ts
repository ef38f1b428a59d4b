import type { Markup } from '../../text/html.ts'
import { html } from '../../text/html.ts'
import { htmlPage } from '../../text/html-page.ts'
import { endsWithoutService } from '../scenario/catalogue.ts'
import { anchorOf, overview } from './overview.ts'
import type { FailoverReport, Trial } from './record.ts'
import { endName } from './record.ts'
import { duration } from './scale.ts'
import type { FaultSummary, Spread } from './summary.ts'
import { summariesOf } from './summary.ts'
import { faultRange, legend, timeline, wholeRange } from './timeline.ts'

/** The report as a self-contained HTML file. Pure, except that it reads its style sheet from the package. */
export const pageOf = (report: FailoverReport, beside: readonly Trial[]): string => {
  const trials = [...report.trials, ...beside]
  const summaries = summariesOf(trials)
  const isCompared = new Set(trials.map(t => t.stack)).size > 1
  const hosts = [...new Set(trials.flatMap(t => t.hosts))].sort()
  return htmlPage(
    `Failover test of ${report.cluster}`,
    'lib/failover/report/report.css',
    html`<header>
<p class="eyebrow">nfsha-play failover test</p>
<h1>${verdictOf(report.trials)}</h1>
<p class="meta">cluster ${report.cluster} · ${report.started.slice(0, 16).replace('T', ' ')} UTC · heartbeat: keepalive ${timeOf(report.timing.keepalive)}, warntime ${timeOf(report.timing.warntime)}, deadtime ${timeOf(report.timing.deadtime)}${report.seed === undefined ? '' : ` · seed ${report.seed}`}</p>
</header>
${tiles(report.trials)}
<section>
<h2>The longest wait of a write</h2>
<p>From the fault until it was undone, each dot a run; the bar is the median. Clients write a record every 20 ms and wait until it is on disk.</p>
${overview(summaries, isCompared)}
</section>
<section>
<h2>What the faults cost</h2>
<p>Median, and the worst behind it where there was more than one run. Times count from the fault.</p>
${table(summaries, isCompared)}
${skippedList(report)}
</section>
<section>
<h2>Fault by fault</h2>
<p>Above: how long the clients waited. Each operation is a bar; its length and its height (on a logarithmic scale) show how long it took. Below: the nodes' logs, with their clocks aligned.</p>
${legend(trials.some(t => t.operations.some(o => o.kind === 'dd')))}
${summaries.map(s => faultPart(s, hosts, isCompared))}
</section>`,
  )
}

/** heartbeat's notation, with its unit. */
const timeOf = (time: string): string => (/ms$/.test(time) ? time.replace('ms', ' ms') : `${time} s`)

const verdictOf = (trials: readonly Trial[]): string => {
  const good = trials.filter(t => t.problems.length === 0).length
  return good === trials.length
    ? `${trials.length === 1 ? 'The fault' : `All ${trials.length} faults`} survived`
    : `${good} of ${trials.length} faults survived`
}

const tiles = (trials: readonly Trial[]): Markup => {
  const judged = trials.filter(t => !endsWithoutService(t.expected))
  const sum = (of: (t: Trial) => number | undefined) => judged.reduce((all, t) => all + (of(t) ?? 0), 0)
  const withClients = judged.filter(t => t.acknowledged > 0)
  const unread = withClients.filter(t => t.lost === undefined).length
  const tile = (value: string, name: string, isGood: boolean) =>
    html`<li class="${isGood ? 'good' : 'bad'}"><b>${value}</b><span>${name}</span></li>`
  const ended = trials.filter(t => t.actual === t.expected).length
  const locks = withClients.filter(t => t.lockKept).length
  return html`<ul class="tiles">
${tile(`${ended} of ${trials.length}`, 'ended as expected', ended === trials.length)}
${tile(count(sum(t => t.errors.length)), 'operations failed', sum(t => t.errors.length) === 0)}
${tile(`${count(sum(t => t.lost))}${unread > 0 ? ' and unknown' : ''}`, `of ${count(sum(t => t.acknowledged))} acknowledged records lost`, sum(t => t.lost) === 0 && unread === 0)}
${tile(`${locks} of ${withClients.length}`, 'kept all locks', locks === withClients.length)}
</ul>${judged.length < trials.length ? html`<p class="note">${trials.length - judged.length} of the faults must end without service, or with a decision for the operator: they count in the first figure only.</p>` : ''}`
}

const count = (n: number): string => n.toLocaleString('en-GB')

const figure = (spread: Spread | undefined): Markup =>
  spread === undefined
    ? html`<span class="none">–</span>`
    : html`${duration(spread.median)}${spread.all.length > 1 ? html` <small>${duration(spread.worst)}</small>` : ''}`

const table = (summaries: readonly FaultSummary[], isCompared: boolean): Markup => {
  const cell = (label: string, content: Markup | string, className = '') =>
    html`<td data-label="${label}" class="${className}">${content}</td>`
  const columns = [
    'fault',
    ...(isCompared ? ['stack'] : []),
    'runs',
    'must end',
    'ended so',
    'noticed',
    'took over',
    'write',
    'open',
    'create',
    'failed',
    'lost',
    'locks kept',
  ]
  return html`<div class="scroll"><table>
<thead><tr>${columns.map(c => html`<th>${c}</th>`)}</tr></thead>
<tbody>${summaries.map(
    s => html`<tr${s.problems.length > 0 ? html` class="bad"` : ''}>
<th scope="row"><a href="#${anchorOf(s)}">${s.title}</a>${s.article === undefined ? '' : html` <small>article ${s.article}</small>`}</th>
${isCompared ? cell('stack', s.stack) : ''}${cell('runs', String(s.runs), 'n')}${cell('must end', endName(s.expected))}${cell('ended so', `${s.asExpected} of ${s.runs}`, s.asExpected < s.runs ? 'n wrong' : 'n')}
${cell('noticed', figure(s.detected), 'n')}${cell('took over', figure(s.tookOver), 'n')}${cell('write', figure(s.write), 'n')}${cell('open', figure(s.open), 'n')}${cell('create', figure(s.create), 'n')}
${cell('failed', String(s.errors), s.errors > 0 ? 'n wrong' : 'n')}${cell('lost', s.withClients === 0 ? '–' : s.lost === undefined ? 'unknown' : String(s.lost), s.lost === 0 || s.withClients === 0 ? 'n' : 'n wrong')}${cell('locks kept', s.withClients === 0 ? '–' : `${s.locksKept} of ${s.withClients}`, s.locksKept < s.withClients ? 'n wrong' : 'n')}
</tr>`,
  )}</tbody></table></div>`
}

const skippedList = ({ skipped }: FailoverReport): Markup | undefined =>
  skipped.length === 0 ? undefined : html`<p class="note">Not tried: ${skipped.map(s => `${s.fault} (${s.reason})`).join(', ')}.</p>`

const nearestToMedian = ({ trials, write }: FaultSummary): Trial | undefined => {
  const distance = (t: Trial) => Math.abs((t.stall.write ?? 0) - (write?.median ?? 0))
  return [...trials].sort((a, b) => distance(a) - distance(b))[0]
}

/** The run closest to the median is open, the others are collapsed. */
const faultPart = (s: FaultSummary, hosts: readonly string[], isCompared: boolean): Markup | undefined => {
  const typical = nearestToMedian(s)
  return (
    typical &&
    html`<article id="${anchorOf(s)}"${s.problems.length > 0 ? html` class="bad"` : ''}>
<h3>${s.title}${isCompared ? html` <small>${s.stack} stack</small>` : ''}</h3>
${trialPart(typical, hosts, s.runs > 1)}
${courseOf(typical, hosts)}
${s.trials.filter(t => t !== typical).map(t => html`<details><summary>run ${t.run}: ${sentenceOf(t)}</summary>${trialPart(t, hosts, false)}</details>`)}
</article>`
  )
}

/** The whole scenario, once per fault: it is the largest part of the page. */
const courseOf = (t: Trial, hosts: readonly string[]): Markup =>
  html`<details><summary>until the pair was healthy again</summary>${timeline(t, hosts, wholeRange(t))}</details>`

const sentenceOf = (t: Trial): string =>
  t.problems.length > 0
    ? t.problems.join('; ')
    : t.stall.write === undefined
      ? `ended ${endName(t.actual)}`
      : `longest write ${duration(t.stall.write)}`

const trialPart = (t: Trial, hosts: readonly string[], isNumbered: boolean): Markup => {
  const told = t.events.filter(e => e.kind !== 'other')
  const facts: [string, string | false | undefined][] = [
    ['injected on', t.on.join(' and ')],
    ['must end', endName(t.expected)],
    ['ended', endName(t.actual)],
    ['noticed after', t.detected === undefined ? undefined : duration(t.detected)],
    ['took over after', t.tookOver === undefined ? undefined : duration(t.tookOver)],
    ...(['write', 'open', 'create', 'lock', 'dd'] as const).map((kind): [string, string | undefined] => [
      `longest ${kind}`,
      t.stall[kind] === undefined ? undefined : duration(t.stall[kind]),
    ]),
    ['longest write on return', t.returnStall.write === undefined ? undefined : duration(t.returnStall.write)],
    ['records', t.acknowledged === 0 ? undefined : `${count(t.acknowledged)}, ${t.lost ?? 'unknown'} lost, ${t.torn ?? 'unknown'} torn`],
    ['before', t.deadClient && 'a client had died, holding a file'],
    ['undone', t.undo],
    ['split brain', t.discarded !== undefined && `what ${t.discarded} wrote was discarded`],
    ['healthy again after', t.wholeAt === undefined ? 'not' : duration(t.wholeAt - t.undoneAt)],
    ['state after', t.stateAfter],
  ]
  return html`${isNumbered ? html`<p class="run">run ${t.run}</p>` : ''}
${t.problems.length > 0 ? html`<ul class="problems">${t.problems.map(p => html`<li>${p}</li>`)}</ul>` : ''}
${timeline(t, hosts, faultRange(t))}
<dl>${facts.flatMap(([name, value]) => (value === undefined || value === false ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`]))}</dl>
<details><summary>${told.length} lines of the nodes' logs</summary><div class="scroll"><table class="log"><tbody>${told.map(e => html`<tr><td class="n">${(e.at / 1000).toFixed(2)} s</td><td>${e.host}</td><td>${e.kind}</td><td>${e.text}</td></tr>`)}</tbody></table></div></details>
${t.errors.length > 0 ? html`<details><summary>${t.errors.length} failed operations</summary><ul class="problems">${t.errors.slice(0, 50).map(e => html`<li>${e}</li>`)}</ul></details>` : ''}`
}
