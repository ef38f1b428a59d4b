import { expect, test } from 'vitest'
import { runPrepared } from '../../../lib/cli/run/run-playbook.ts'
import type { Event } from '../../../lib/engine/events.ts'

test('warnings of a plan become events of its run, before any connection', async () => {
  const events: Event[] = []
  const plan = { plays: [], secrets: [], warnings: ["-e: 'to' is now 'ha_switchover_to'"] }
  await runPrepared('switchover', { plan, patterns: [], reached: new Map() }, {}, { watch: [event => events.push(event)] })
  expect(events).toMatchObject([{ type: 'run-start' }, { type: 'message', level: 'warning', text: "-e: 'to' is now 'ha_switchover_to'" }])
})
