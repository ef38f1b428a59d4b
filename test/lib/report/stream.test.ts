import { describe, expect, test } from 'vitest'
import type { Event } from '../../../lib/engine/events.ts'
import { eventStream } from '../../../lib/report/stream.ts'
import { createMasker } from '../../../lib/text/mask.ts'
import { key, taskEnd } from './runs.ts'

const collecting = (...secrets: string[]) => {
  const masker = createMasker()
  for (const secret of secrets) masker.add(secret)
  const events: Event[] = []
  const stream = eventStream({ command: 'playbooks/site.yml --check', secrets: masker, now: () => new Date('2026-08-01T10:15:00.5Z') })
  stream.subscribe(event => events.push(event))
  return { stream, events }
}

describe('eventStream', () => {
  test('numbers, dates and names each event', () => {
    const { stream, events } = collecting()
    stream.emit({ type: 'host-connecting', host: 'M1', cluster: 'nfs' })
    stream.emit({ type: 'host-connecting', host: 'M2' })
    const common = { v: 1, run: stream.run, time: '2026-08-01T10:15:00.500Z', type: 'host-connecting' }
    expect(events).toEqual([
      { ...common, seq: 1, host: 'M1', cluster: 'nfs' },
      { ...common, seq: 2, host: 'M2' },
    ])
    expect(stream.run).toMatch(/^20260801T101500Z-site-[0-9a-f]{4}$/)
  })

  test('masks strings at any depth, but not the names that identify events', () => {
    const { stream, events } = collecting('hunter22', 'changed')
    stream.emit(
      taskEnd('changed', {
        host: 'changed-1',
        role: 'base',
        resource: 'file /tmp/hunter22',
        changes: [{ attribute: 'content', from: '', to: 'password hunter22\n' }],
        error: { message: 'hunter22?', detail: 'aHVudGVyMjI=' },
      }),
    )
    expect(JSON.stringify(events)).not.toMatch(/hunter22|aHVudGVy/)
    expect(events[0]).toMatchObject({ status: 'changed', host: 'changed-1', changes: [{ to: 'password ***\n' }] })
  })

  test('a part of a secret quoted by a program is masked, for roles whose programs read one', () => {
    const { stream, events } = collecting('k9Xz-41!qWe%7Lm2')
    const error = { message: "drbdadm: expected ';', but got 'k9Xz-41!'", detail: 'Auth line [1 sha1 qWe%7Lm' }
    stream.emit(taskEnd('failed', { host: 'M1', role: 'drbd-init', resource: 'DRBD resource drbd', error }))
    stream.emit({ type: 'host-unreachable', host: 'M1', message: 'M1: the shell said Xz-41' })
    stream.emit({ type: 'table', title: 't', columns: ['a'], rows: [['41!q']] })
    stream.emit({ type: 'message', level: 'warning', text: '7Lm2' })
    expect(JSON.stringify(events)).not.toMatch(/Xz-4|41!q|qWe%|7Lm2/)
    expect(events[0]).toMatchObject({ resource: 'DRBD resource drbd', error: { message: "drbdadm: expected ';', but got '***'" } })
  })

  test('masks the values of a secret change, known to the masker or not', () => {
    const { stream, events } = collecting()
    stream.emit(taskEnd('changed', { host: 'M1', role: 'base', resource: 'file', changes: [key] }))
    expect(JSON.stringify(events)).not.toMatch(/-key-value/)
  })

  test('continues without a failing subscriber, and reports it', () => {
    const { stream, events } = collecting()
    let calls = 0
    stream.subscribe(() => {
      calls += 1
      throw new Error('ENOSPC: no space left on device')
    })
    stream.emit({ type: 'host-connecting', host: 'M1' })
    stream.emit({ type: 'host-connecting', host: 'M2' })
    expect(calls).toBe(1)
    expect(events.map(event => event.type)).toEqual(['host-connecting', 'message', 'host-connecting'])
    expect(events[1]).toMatchObject({ level: 'warning', text: expect.stringContaining('ENOSPC') })
  })

  test('a subscriber can leave', () => {
    const { stream } = collecting()
    const seen: Event[] = []
    const leave = stream.subscribe(event => seen.push(event))
    stream.emit({ type: 'host-connecting', host: 'M1' })
    leave()
    stream.emit({ type: 'host-connecting', host: 'M2' })
    expect(seen).toHaveLength(1)
  })
})
