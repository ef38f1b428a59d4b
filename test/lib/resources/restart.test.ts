import fc from 'fast-check'
import { expect, test } from 'vitest'
import { needsRestart, parseRestart, type RestartState } from '../../../lib/resources/restart.ts'
import { runs } from '../../runs.ts'

const answer = `ActiveEnterTimestampMonotonic=50000000
ActiveState=active
InvocationID=abc
up=100.50
now=1700000100.75
changed=1700000040.5
digest=d1
recorded=abc d0
`

test('the output of a host: the start is computed from the uptime', () => {
  expect(parseRestart(answer)).toEqual({
    running: true,
    start: 'abc',
    startedAt: expect.closeTo(1_700_000_050.25, 3),
    changedAt: 1_700_000_040.5,
    digest: 'd1',
    recorded: { start: 'abc', digest: 'd0' },
  })
  expect(parseRestart('')).toBeUndefined()
})

const state = (more: Partial<RestartState>): RestartState => ({
  running: true,
  start: 'a',
  startedAt: 200,
  changedAt: 100,
  digest: 'new',
  recorded: undefined,
  ...more,
})

test.each([
  ['started after its files changed', {}, false],
  ['files that changed since', { changedAt: 300 }, true],
  ['our own start, which read other files', { recorded: { start: 'a', digest: 'old' } }, true],
  ['our own start, which read these files, whatever the clock says', { changedAt: 300, recorded: { start: 'a', digest: 'new' } }, false],
  ['a later start by somebody else', { recorded: { start: 'earlier', digest: 'old' } }, false],
  ['it is not running', { running: false, changedAt: 300 }, false],
])('%s', (_name, more, needed) => {
  expect(needsRestart(state(more))).toBe(needed)
})

test('right after our own restart none is needed, whatever the clocks say', () => {
  fc.assert(
    fc.property(fc.record({ startedAt: fc.double(), changedAt: fc.double(), start: fc.string(), digest: fc.string() }), found => {
      expect(needsRestart(state({ ...found, recorded: { start: found.start, digest: found.digest } }))).toBe(false)
    }),
    { numRuns: runs(200) },
  )
})
