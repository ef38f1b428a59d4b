import { describe, expect, test } from 'vitest'
import type { Event, EventBody } from '../../../../lib/engine/events.ts'
import { palette } from '../../../../lib/report/parts/palette.ts'
import { addToSummary, closingLines, emptySummary } from '../../../../lib/report/parts/summary.ts'
import { exitCodeOf, statsOf } from '../../../../lib/report/stats.ts'

/** The last line of a run of two hosts. */
const lastLine = (check: boolean, ...bodies: EventBody[]): string => {
  const all: EventBody[] = [
    { type: 'run-start', command: 'site.yml', check, diff: false },
    { type: 'play-start', play: 'p', hosts: ['M1', 'M2'] },
    ...bodies,
  ]
  const events = all.map((body, i) => ({ v: 1, run: 'r', seq: i, time: '2026-01-01T00:00:00Z', ...body }) as Event)
  const sum = emptySummary()
  for (const event of events) addToSummary(sum, event)
  const end = { type: 'run-end', recap: statsOf(events).recap, exitCode: exitCodeOf(events), ms: 1000 } as Extract<
    Event,
    { type: 'run-end' }
  >
  return closingLines(sum, end, palette(0)).at(-1) ?? ''
}

const ready = (host: string): EventBody => ({ type: 'host-ready', host, platform: 'Debian 12', total: 1 })
const task = (host: string, more: Partial<Extract<EventBody, { type: 'task-end' }>> = {}): EventBody => ({
  type: 'task-end',
  host,
  role: 'base',
  resource: 'r',
  status: 'ok',
  changes: [],
  ms: 1,
  index: 1,
  total: 1,
  ...more,
})
const away = (host: string): EventBody => ({ type: 'host-unreachable', host, message: 'gone' })
const stopped = (host: string, reason: string, remaining = 3): EventBody => ({ type: 'host-stopped', host, reason, remaining })
test('a host with an unsupported system is named in every recap', () => {
  const text = 'ubuntu 24.04 is not supported; treated as Debian 13 (accept_untested_platform)'
  const event = { ...ready('M1'), untested: text, v: 1, run: 'r', seq: 1, time: '2026-01-01T00:00:00Z' } as Event
  const sum = emptySummary()
  addToSummary(sum, event)
  const end = { type: 'run-end', recap: {}, exitCode: 0, ms: 1 } as unknown as Extract<Event, { type: 'run-end' }>
  expect(closingLines(sum, end, palette(0))).toContain(`M1: ${text}`)
})

const both = [ready('M1'), ready('M2'), task('M1'), task('M2')]

describe('the last line makes no claim about what was not read', () => {
  test.each<[string, EventBody[], string]>([
    ['all right', both, 'nothing would change, checked in 1.0s'],
    ['no host reached', [away('M1'), away('M2')], 'nothing was checked in 1.0s; not fully read: M1 (unreachable), M2 (unreachable)'],
    [
      'one host unreachable',
      [away('M1'), ready('M2'), task('M2')],
      'nothing would change on M2, checked in 1.0s; not fully read: M1 (unreachable)',
    ],
    [
      'the wrong machine',
      [
        ready('M1'),
        task('M1', { status: 'failed', role: 'identity' }),
        ready('M2'),
        stopped('M1', 'it is another'),
        stopped('M2', 'M1 it is another'),
      ],
      'nothing was checked in 1.0s; not fully read: M1 (it is another), M2 (M1 it is another)',
    ],
    ['no task selected', [ready('M1'), ready('M2')], 'nothing was checked in 1.0s'],
    ['all pending', [ready('M1'), ready('M2'), task('M1', { status: 'skipped', pending: true })], 'nothing was checked, 1 pending in 1.0s'],
    ['some pending', [...both, task('M1', { status: 'skipped', pending: true })], 'nothing would change, 1 pending, checked in 1.0s'],
    ['some unknown', [...both, task('M1', { status: 'unknown' })], 'nothing would change, 1 unknown, checked in 1.0s'],
    [
      'interrupted while it connected',
      [ready('M1'), task('M1'), { type: 'interrupted', signal: 'SIGTERM' }],
      'nothing would change on M1, checked in 1.0s; not fully read: M2 (not reached)',
    ],
    [
      'changes, one host unreachable',
      [away('M1'), ready('M2'), task('M2', { status: 'changed' })],
      '1 change would be made, checked in 1.0s; not fully read: M1 (unreachable)',
    ],
    ['an internal error', [...both, { type: 'internal-error', message: 'x' }], 'nothing was checked'],
  ])('%s', (name, events, line) => {
    if (name === 'an internal error') expect(lastLine(true, ...events)).toMatch(/not fully read: M1 \(internal error\), M2/)
    else expect(lastLine(true, ...events)).toBe(line)
  })

  test.each<[string, EventBody[], string]>([
    ['all right', both, 'nothing changed in 1.0s'],
    ['no host reached', [away('M1'), away('M2')], 'nothing was done in 1.0s; unfinished: M1 (unreachable), M2 (unreachable)'],
    ['locked', [ready('M1'), ready('M2'), { type: 'locked', host: 'M1', owner: 'x' }], 'nothing was done in 1.0s; unfinished: M1 (locked)'],
    [
      'a failure',
      [...both, task('M1', { status: 'failed' }), stopped('M1', 'failed at r')],
      '0 changes in 1.0s; unfinished: M1 (failed at r)',
    ],
  ])('a run: %s', (_name, events, line) => expect(lastLine(false, ...events)).toBe(line))
})

test('a lost lock decides the exit code, whatever failed because of it', () => {
  const events = [task('M1', { status: 'failed' }), { type: 'locked', host: 'M1', owner: '', lost: true }] as Event[]
  expect(exitCodeOf(events)).toBe(6)
})

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s: exit code %i', (signal, code) => {
  expect(exitCodeOf([{ type: 'interrupted', signal }] as unknown as Event[])).toBe(code)
})
