import { describe, expect, test } from 'vitest'
import { notRead, present } from '../../../../lib/resources/reading.ts'
import { type Lost, parseLost } from '../../../../roles/service/state/lost.ts'
import type { NamedState } from '../../../../roles/service/state/state.ts'
import { redundancyOf, verdictOf } from '../../../../roles/service/state/verdict.ts'
import { activeState, deviceOf, nodeState } from '../../pair-states.ts'

const log = `boot 1796000000
[   40.100000] drbd drbd/0 drbd0: pdsk( UpToDate -> DUnknown )
[   99.500000] drbd drbd/0 drbd0: disk( UpToDate -> Failed )
[  200.900000] drbd drbd: peer( Secondary -> Unknown ) conn( Connected -> Timeout ) pdsk( UpToDate -> DUnknown )
`
const nothing: Lost = { copy: undefined, heartbeat: undefined }
const unclear: Lost = { ...nothing, copy: { at: 1796000000, exact: false } }

describe('the output of a node', () => {
  test.each<[string, string, string, Lost]>([
    ['nothing lacks', '', 'Connected ro:Primary/Secondary ds:UpToDate/UpToDate', nothing],
    [
      'the peer is down',
      log,
      'WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown',
      { ...nothing, copy: { at: 1796000200, exact: true } },
    ],
    ['its own disk', log, 'Connected ro:Primary/Secondary ds:Diskless/UpToDate', { ...nothing, copy: { at: 1796000099, exact: true } }],
    ['both', log, 'WFConnection ro:Primary/Unknown ds:Diskless/DUnknown', { ...nothing, copy: { at: 1796000099, exact: true } }],
    ['the log begins later', 'boot 1796000000\n', 'WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown', unclear],
    ['the log shows only one of two', log.replace(/.*Failed.*\n/, ''), 'WFConnection ro:Primary/Unknown ds:Diskless/DUnknown', unclear],
    [
      'heartbeat was stopped',
      'boot 1796000000\nheartbeat @1796000300\n',
      'Connected ro:Secondary/Primary ds:UpToDate/UpToDate',
      { ...nothing, heartbeat: { at: 1796000300, exact: true } },
    ],
    [
      'heartbeat has not run since the boot',
      'boot 1796000000\nheartbeat \n',
      'Connected ro:Secondary/Primary ds:UpToDate/UpToDate',
      { ...nothing, heartbeat: { at: 1796000000, exact: false } },
    ],
  ])('%s', (_name, text, device, lost) => expect(parseLost(text, deviceOf(device))).toEqual(lost))
})

describe('the verdict', () => {
  const behind = deviceOf('WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown')
  const member = ({ host, ...state }: NamedState) => ({ host, reading: present(state) })
  const verdict = (...members: Parameters<typeof redundancyOf>[0]) =>
    verdictOf({ service: 'served', holder: 'M1' }, redundancyOf(members, 'full'), 1)
  const gone = { host: 'M2', reading: notRead('unreachable') }
  const lostAt = (at: number, exact = true) => ({ at, exact })

  test('shows since when, if the active node has recorded it', () =>
    expect(verdict(member(activeState({ device: behind, lost: { ...nothing, copy: lostAt(1796000200) } })), gone)).toEqual({
      state: 'degraded',
      redundant: false,
      since: 1796000200,
      text: 'degraded: M1 serves without redundancy since 2026-11-30 00:56:40 UTC: DRBD on M1 has no connection to the other node (WFConnection)',
    }))

  test('shows no time if neither node has recorded it', () =>
    expect(verdict(member(activeState({ device: behind, lost: nothing })), gone)).toMatchObject({
      since: null,
      text: 'degraded: M1 serves without redundancy: DRBD on M1 has no connection to the other node (WFConnection)',
    }))

  test.each<[string, Lost, Lost, number | null]>([
    ['the first of two', { ...nothing, copy: lostAt(200) }, { ...nothing, heartbeat: lostAt(100) }, 100],
    ['a loss before the boot', { ...nothing, copy: lostAt(100) }, { ...nothing, heartbeat: lostAt(200, false) }, 100],
    [
      'a copy that was lost at an unknown time, before heartbeat',
      { ...nothing, copy: lostAt(50, false) },
      { ...nothing, heartbeat: lostAt(100) },
      null,
    ],
    ['a cable long after a boot without heartbeat', { ...nothing, copy: lostAt(200) }, { ...nothing, heartbeat: lostAt(100, false) }, null],
  ])('%s', (_name, one, two, since) => {
    const stopped = nodeState({ host: 'M2', heartbeat: false, lost: two })
    expect(verdict(member(activeState({ device: behind, lost: one })), member(stopped)).since).toBe(since)
  })
})
