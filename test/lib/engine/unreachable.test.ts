import { expect, test } from 'vitest'
import type { EventBody } from '../../../lib/engine/events.ts'
import type { ClusterSession } from '../../../lib/engine/session.ts'
import { markUnreachable, withoutHost } from '../../../lib/engine/unreachable.ts'
import { Unreachable } from '../../../lib/ssh/connection.ts'

test('the event names its host once, and the hint stays', () => {
  const events: EventBody[] = []
  const session = { emit: (event: EventBody) => void events.push(event), missing: new Map(), hosts: new Map() } as unknown as ClusterSession
  markUnreachable('M1', new Unreachable('M1', 'M1: no answer within 10 s', 'Is it up?'), session)
  expect(events).toEqual([{ type: 'host-unreachable', host: 'M1', message: 'no answer within 10 s', hint: 'Is it up?' }])
  expect(session.missing.get('M1')).toBe('unreachable')
})

test.each([
  ['M1: M1: twice', 'M1', 'M1: twice'],
  ['M10: of another host', 'M1', 'M10: of another host'],
  ['no answer', 'M1', 'no answer'],
])('%s', (message, host, left) => {
  expect(withoutHost(message, host)).toBe(left)
})
