import { describe, expect, test } from 'vitest'
import type { Event } from '../../../../lib/engine/events.ts'
import { palette } from '../../../../lib/report/parts/palette.ts'
import { advance, layoutOf, liveTitle, progressBar, type Rows } from '../../../../lib/report/views/rows.ts'
import { width } from '../../../../lib/text/layout.ts'
import { playStart, ready, recorded, runStart, taskEnd } from '../runs.ts'

const colors = palette(0)

const titles = (events: Event[], columns: number, secondsLater = 0): string[] => {
  const rows: Rows = new Map()
  const soFar = events.filter(event => event.type !== 'run-end')
  for (const event of soFar) advance(rows, event)
  const now = Date.parse(soFar.at(-1)?.time ?? '') + secondsLater * 1000
  return [...rows.values()].map(row => liveTitle(row, layoutOf(rows, columns), now, colors))
}

const inHand = recorded([
  runStart(),
  playStart(['M1', 'storage-2']),
  ...ready('M1', 40),
  { type: 'host-connecting', host: 'storage-2' },
  taskEnd('ok', { host: 'M1', role: 'base', resource: 'a', index: 8, total: 40 }),
  taskEnd('changed', { host: 'M1', role: 'base', resource: 'b', index: 9, total: 40 }),
  { type: 'task-start', host: 'M1', role: 'drbd-init', resource: 'wait for sync', index: 10, total: 40, phase: 'verify' },
])

describe('live rows', () => {
  test('are aligned, and show the time from the third second on', () => {
    expect(titles(inHand, 76)).toEqual([
      'M1         9/40  drbd-init › verifying wait for sync        ok=2 changed=1',
      'storage-2        connecting  0:03                           ok=0',
    ])
    expect(titles(inHand, 76, 72)[0]).toBe('M1         9/40  drbd-init › verifying wait for sync  1:12  ok=2 changed=1')
  })

  test('fit narrow terminals, and do not fill wide ones', () => {
    expect(titles(inHand, 50)[0]).toBe('M1         9/40  drbd-init › ve…  ok=2 changed=1')
    for (const columns of [40, 50, 80, 200])
      for (const title of titles(inHand, columns)) expect(width(title)).toBeLessThanOrEqual(Math.min(columns, 110))
  })

  test('a later event of a cluster updates all of its hosts', () => {
    const events = recorded([
      playStart(['M1', 'M2']),
      ...ready('M1', 2),
      ...ready('M2', 2),
      taskEnd('ok', { host: 'M1', hosts: ['M1', 'M2'], role: 'nfs', resource: 'VIP', index: 1, total: 2 }),
    ])
    expect(titles(events, 60).map(title => title.slice(0, 7))).toEqual(['M1  1/2', 'M2  1/2'])
  })
})

describe('progressBar', () => {
  const progress = { percent: 90, text: 'DRBD', speed: 112 * 1024 ** 2, remaining: 12 }

  test('text, bar, figures', () => {
    expect(progressBar(progress, 72, colors)).toBe('DRBD ██████████████████░░ 90% 112 MiB/s  0:12 left')
    expect(progressBar({ text: 'compiling\nheartbeat' }, 72, colors)).toBe('compiling; heartbeat')
  })

  test('drops the bar before the numbers', () => {
    expect(progressBar(progress, 36, colors)).toBe('DRBD 90% 112 MiB/s  0:12 left')
    expect(width(progressBar({ ...progress, percent: 150, text: 'x'.repeat(99) }, 60, colors))).toBeLessThanOrEqual(60)
  })
})
