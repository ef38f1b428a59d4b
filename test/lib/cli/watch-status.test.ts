import { expect, test } from 'vitest'
import { watchStatus } from '../../../lib/cli/run/watch-status.ts'
import type { Event, EventBody } from '../../../lib/engine/events.ts'
import { shownOf } from '../../../roles/service/state/overview.ts'
import { context, scenes } from '../../roles/service/state/readings.ts'
import { captured } from '../report/screen.ts'

const eventsOf = (scene: string): EventBody[] => {
  const { table, status } = shownOf(scenes[scene]?.members ?? [], context.cluster)
  return [
    { type: 'table', ...table },
    { type: 'status', status },
  ]
}

const event = (body: EventBody): Event => ({ v: 1, run: 'r', seq: 1, time: '2026-11-30T00:00:00Z', cluster: 'nfs', ...body }) as Event

/** Shows these scenes with these exit codes, one per look; after the last one the watch is ended. */
const watched = async (looks: [string, number][], screen = captured(), cut?: EventBody) => {
  const ended = new AbortController()
  const left = [...looks]
  const code = await watchStatus(
    async on => {
      const [scene, code] = left.shift() ?? ['healthy', 130]
      for (const body of eventsOf(scene)) on(event(body))
      if (left.length === 0) {
        ended.abort()
        if (cut) on(event(cut))
      }
      return code
    },
    { stdout: screen.stream, signal: ended.signal, every: 1 },
  )
  return { code, text: screen.text() }
}

test('not on a terminal: each look is plain text, headline first, and the exit code is that of the last one', async () => {
  const { code, text } = await watched([
    ['resync', 0],
    ['one node down', 3],
  ])
  expect(code).toBe(3)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
  expect(text).not.toMatch(/\x1b/)
  expect(text.match(/^nfs: .*/gm)).toEqual(['nfs: served by M1', 'nfs: served by M1; M2 was not read (unreachable)'])
  expect(text).toContain('DRBD resynchronises M2: 45.2%, 3:20 left')
  expect(text).toMatch(/SyncTarget 45.2% 3:20/)
})

test('on a terminal: in place, within its width and height', async () => {
  const screen = captured()
  Object.assign(screen.stream, { isTTY: true, columns: 80, rows: 24 })
  const { text } = await watched(
    [
      ['healthy', 0],
      ['one node down', 3],
    ],
    screen,
  )
  const looks = text.split('\x1b[H').slice(1)
  expect(looks).toHaveLength(2)
  for (const look of looks) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours and clearing a line
    const lines = look.replace(/\x1b\[[\d;]*[mKJ]/g, '').split('\n')
    expect(lines.length).toBeLessThanOrEqual(24)
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
  }
  expect(looks[1]).toContain('M2 cannot be reached')
})

test('an interrupted look does not set the exit code, unless it was the only one', async () => {
  const cut: EventBody = { type: 'interrupted', signal: 'SIGINT' }
  expect(
    (
      await watched(
        [
          ['one node down', 3],
          ['healthy', 130],
        ],
        captured(),
        cut,
      )
    ).code,
  ).toBe(3)
  expect((await watched([['healthy', 130]], captured(), cut)).code).toBe(130)
})
