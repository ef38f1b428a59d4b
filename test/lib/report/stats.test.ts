import { describe, expect, test } from 'vitest'
import type { EventBody } from '../../../lib/engine/events.ts'
import { exitCodeOf, exitReasons, recapOf, statsOf } from '../../../lib/report/stats.ts'
import { bare, checked, converged, failing, recorded, sideBySide, taskEnd, unreachable } from './runs.ts'

const none = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, unknown: 0 }

describe('recapOf', () => {
  test.each([
    ['converged', converged(), { M1: { ...none, ok: 2 }, M2: { ...none, ok: 2 } }],
    [
      'bare: changed counts as ok too, and so do handlers',
      bare(),
      { M1: { ...none, ok: 5, changed: 5 }, M2: { ...none, ok: 1, changed: 1, skipped: 1 } },
    ],
    ['failed', failing(), { M1: { ...none, failed: 1 }, M2: none }],
    ['unreachable', unreachable(), { M1: { ...none, skipped: 1 }, M2: { ...none, unreachable: 1 } }],
    ['check mode', checked(), { M1: { ...none, ok: 1, changed: 1, unknown: 1 } }],
    [
      'two clusters: a row counts for all hosts that it names',
      sideBySide(),
      {
        A1: { ...none, ok: 1, changed: 1 },
        A2: { ...none, ok: 1, changed: 1 },
        'beta-1': { ...none, ok: 1 },
        'beta-2': { ...none, ok: 1 },
      },
    ],
  ])('%s', (_, events, recap) => {
    expect(recapOf(events)).toEqual(recap)
  })

  test('a change of a cluster counts once', () => {
    expect(statsOf(sideBySide()).changes).toBe(1)
  })
})

describe('exit code', () => {
  test.each([
    ['converged', converged(), 0],
    ['changed', bare(), 0],
    ['failed', failing(), 3],
    ['unreachable', unreachable(), 4],
    ['check mode without --exit-code', checked(), 0],
  ])('%s', (_, events, code) => {
    expect(exitCodeOf(events)).toBe(code)
  })

  test('differences and unknowns count when they are judged', () => {
    expect(exitCodeOf(checked(), { judge: true })).toBe(5)
    expect(exitCodeOf(converged(), { judge: true })).toBe(0)
  })

  test('the first of 1, 130/143, 3, 4, 6, 5 decides, and all are reported', () => {
    const bodies: EventBody[] = [
      taskEnd('changed', { host: 'M1', role: 'r', resource: 'a' }),
      { type: 'locked', host: 'M1', owner: 'root@jump' },
      { type: 'host-unreachable', host: 'M2', message: 'no answer' },
      taskEnd('failed', { host: 'M1', role: 'r', resource: 'b' }),
      { type: 'interrupted', signal: 'SIGTERM' },
      { type: 'internal-error', message: 'fault' },
    ]
    const codes = (count: number) => exitReasons(statsOf(recorded(bodies.slice(0, count))), { judge: true }).map(({ code }) => code)
    expect(codes(6)).toEqual([1, 143, 3, 4, 6, 5])
    expect(codes(5)).toEqual([143, 3, 4, 6, 5])
    expect(codes(3)).toEqual([4, 6, 5])
    expect(exitCodeOf(recorded([{ type: 'interrupted', signal: 'SIGINT' }]))).toBe(130)
  })
})
