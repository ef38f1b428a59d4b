import { expect, test } from 'vitest'
import { chartTable, sparkline } from '../../../../lib/failover/report/chart.ts'
import { pageOf } from '../../../../lib/failover/report/page.ts'
import type { FailoverReport } from '../../../../lib/failover/report/record.ts'
import { median, problemsOf } from '../../../../lib/failover/report/record.ts'
import { duration, logShare } from '../../../../lib/failover/report/scale.ts'
import { summariesOf } from '../../../../lib/failover/report/summary.ts'
import { faultRange, servingTimes, timeline, wholeRange } from '../../../../lib/failover/report/timeline.ts'
import { escaped, html } from '../../../../lib/text/html.ts'
import { width } from '../../../../lib/text/layout.ts'
import { trialOf } from './trials.ts'

const report = (...trials: ReturnType<typeof trialOf>[]): FailoverReport => ({
  version: 1,
  started: '2026-11-25T18:00:00.000Z',
  cluster: 'nfs',
  timing: { keepalive: '250ms', warntime: '1', deadtime: '2' },
  skipped: [{ fault: 'vip-alone', reason: 'needs ha_stage: vip' }],
  trials,
})

test.each([
  [{}, []],
  [{ actual: 'stays' as const }, ['ended where it was, expected on the other node']],
  [
    { errors: ['C1-1: write: Input/output error'], lockKept: false },
    ['1 failed operation: C1-1: write: Input/output error', 'a lock was lost'],
  ],
  [{ lost: 3, torn: 1 }, ['3 acknowledged records lost', '1 torn record']],
])('problems of a trial: %j', (other, problems) => expect(problemsOf(trialOf(other))).toEqual(problems))

test('unknown results are reported', () => {
  const { lost: _, torn: __, wholeAt: ___, actual: ____, ...rest } = trialOf()
  expect(problemsOf({ ...rest, stateAfter: 'nobody serves' })).toEqual([
    'ended in an unknown state, expected on the other node',
    'not healthy afterwards: nobody serves',
    'the records could not be read afterwards',
  ])
})

test('scales', () => {
  expect([0, 1, 1e9].map(ms => logShare(ms))).toEqual([0, 0, 1])
  expect(logShare(100, { shortest: 10, longest: 1_000 })).toBeCloseTo(0.5)
  expect([4, 850, 2_412, 9_996, 13_842, 125_400].map(duration)).toEqual(['4 ms', '850 ms', '2.41 s', '10.0 s', '13.8 s', '2 min 5 s'])
})

test('when each node was active, also a node that lost its power without logging', () => {
  expect(servingTimes(trialOf(), 'M1')).toEqual([{ from: Number.NEGATIVE_INFINITY, to: 300 }])
  expect(servingTimes(trialOf(), 'M2')).toEqual([{ from: 2_100, to: Number.POSITIVE_INFINITY }])
  const { events } = trialOf()
  const dark = trialOf({ silences: true, events: events.filter(e => e.host === 'M2') })
  expect(servingTimes(dark, 'M1')).toEqual([{ from: Number.NEGATIVE_INFINITY, to: 0 }])
})

test('a timeline contains the events in its range', () => {
  expect(faultRange(trialOf())).toEqual({ from: -2_500, to: 6_500 })
  expect(wholeRange(trialOf())).toEqual({ from: -5_000, to: 8_000 })
  const drawn = timeline(trialOf(), ['M1', 'M2'], { from: 0, to: 4_000 }).text
  expect(drawn.match(/<rect x="[^"]*" width="[^"]*" y="[^"]*" height="3.5"/g)).toHaveLength(3)
  expect(drawn).toContain('>2.40 s</text>')
  expect(drawn.match(/class="event /g)).toHaveLength(3)
  expect(drawn).not.toContain('>undone<')
  expect(drawn).not.toMatch(/NaN|undefined|Infinity/)
})

test('text of a host or a log is never markup', () => {
  expect(escaped(`<a href="x">'&\x1b[31m`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;\\x1b[31m')
  expect(html`<b>${'<i>'}${[html`<u>${1}</u>`, undefined, false]}</b>`.text).toBe('<b>&lt;i&gt;<u>1</u></b>')
  const evil = '<script>alert(1)</script>"><img src=x>'
  const events = [{ host: 'M2', at: 10, kind: 'notices' as const, text: evil }]
  const page = pageOf(report(trialOf({ title: evil, stateAfter: evil, errors: [evil], problems: [evil], events, undo: evil })), [])
  expect(page).not.toMatch(/<script|<img/)
  expect(page).toContain('&lt;script&gt;')
})

test('the page is self-contained', () => {
  const page = pageOf(report(trialOf(), trialOf({ run: 2, problems: ['a lock was lost'] })), [trialOf({ stack: 'article', problems: [] })])
  expect(page).not.toMatch(/(src|href)="(?!#)|@import|url\(/)
  expect(page).toContain('1 of 2 faults survived')
  expect(page).toContain('vip-alone (needs ha_stage: vip)')
  expect(page.match(/<article /g)).toHaveLength(2)
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(m => m[1])
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
})

test.each([
  [[], undefined],
  [[3], 3],
  [[9, 1, 4, 2], 3],
  [[3, 1, 2], 2],
])('the median of %j is %j', (values, middle) => expect(median(values)).toBe(middle))

test('runs of one fault are one line, and the other stack is next to it', () => {
  const runs = [trialOf(), trialOf({ run: 2, stall: { write: 3_100 } }), trialOf({ run: 3, stall: { write: 2_600 }, actual: 'stays' })]
  const [lean, article] = summariesOf([...runs, trialOf({ stack: 'article', lost: 4 })])
  expect(lean).toMatchObject({
    runs: 3,
    asExpected: 2,
    write: { median: 2_600, worst: 3_100, all: [2_400, 3_100, 2_600] },
    acknowledged: 1_200,
    lost: 0,
  })
  expect(article).toMatchObject({ stack: 'article', runs: 1, lost: 4 })
  const { lost: _, ...unread } = trialOf()
  expect(summariesOf([trialOf(), unread])[0]).not.toHaveProperty('lost')
})

test('the terminal shows the waits too', () => {
  const line = sparkline(trialOf().operations, -2_000, 8_000, 20)
  expect(width(line)).toBe(20)
  expect(line).toBe('  ▁▆▆▆▆▆▆ ▁         ')
  const table = chartTable(report(trialOf(), trialOf({ run: 2, problems: ['a lock was lost'] })))
  expect(table.rows.map(r => r.at(-1))).toEqual(['ok', 'a lock was lost'])
  expect(table.rows.every(r => r.length === table.columns.length)).toBe(true)
})
