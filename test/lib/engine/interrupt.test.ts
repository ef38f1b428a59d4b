import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { EventBody } from '../../../lib/engine/events.ts'
import { Interrupted, inGrace, unlessInterrupted } from '../../../lib/engine/interrupt.ts'

const never = () => new Promise<never>(() => undefined)
const step = { host: 'M1', id: 'file /x', scope: 'host' } as const

test('a read is given up at the signal, also at an earlier one', async () => {
  const controller = new AbortController()
  const reading = unlessInterrupted(never(), controller.signal)
  controller.abort()
  await expect(reading).rejects.toMatchObject({ name: 'Interrupted', isHalfDone: false })
  await expect(unlessInterrupted(never(), controller.signal)).rejects.toBeInstanceOf(Interrupted)
  expect(await unlessInterrupted(Promise.resolve(7), controller.signal)).toBe(7)
})

test('a step gets a grace period after the signal, reports that once, and is then given up', async () => {
  const controller = new AbortController()
  const events: EventBody[] = []
  const around = { signal: controller.signal, emit: (event: EventBody) => void events.push(event) }
  const good = inGrace(() => delay(50, 'done'), around, step, 5_000)
  const bad = inGrace(never, around, step, 100)
  expect(events).toEqual([])
  controller.abort()
  expect(await good).toBe('done')
  await expect(bad).rejects.toMatchObject({
    isHalfDone: true,
    message: expect.stringMatching(/^interrupted, and not finished 0.1 s later/),
  })
  expect(events.map(e => e.type === 'message' && e.text)).toEqual([
    'waiting 5 s at most for file /x to finish; a second signal ends the run at once',
    'waiting 0.1 s at most for file /x to finish; a second signal ends the run at once',
  ])
})

test('an error of the work is passed on', async () => {
  const { signal } = new AbortController()
  await expect(unlessInterrupted(Promise.reject(new Error('own')), signal)).rejects.toThrow('own')
})
