import { expect, test } from 'vitest'
import { runPrepared } from '../../../lib/cli/run/run-playbook.ts'
import type { Event } from '../../../lib/engine/events.ts'

test('what a plan warns of is an event of its run, before anything is connected', async () => {
  const events: Event[] = []
  const plan = { plays: [], secrets: [], warnings: ["-e: 'to' is now 'ha_switchover_to'"] }
  await runPrepared('switchover', { plan, patterns: [], reached: new Map() }, {}, { watch: [event => events.push(event)] })
  expect(events).toMatchObject([{ type: 'run-start' }, { type: 'message', level: 'warning', text: "-e: 'to' is now 'ha_switchover_to'" }])
})
