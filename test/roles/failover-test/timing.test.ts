import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { timingIn } from '../../../roles/failover-test/timing.ts'
import { contextOn } from '../contexts.ts'

const { vars } = contextOn(debian12, {}, 'heartbeat_keepalive=250ms', 'heartbeat_warntime=1', 'heartbeat_deadtime=2')

test('the times are those of ha.cf, whatever the variables', () => {
  const haCf = 'logfacility local0\nkeepalive 1\n#deadtime 3\n  warntime\t500ms\ndeadtime 8\ninitdead 60\n'
  expect(timingIn(haCf, vars)).toEqual({ keepalive: '1', warntime: '500ms', deadtime: '8' })
})

test('those of the variables if ha.cf has none, or does not exist', () => {
  expect(timingIn('keepalive 1\n', vars)).toEqual({ keepalive: '1', warntime: '1', deadtime: '2' })
  expect(timingIn('', vars)).toEqual({ keepalive: '250ms', warntime: '1', deadtime: '2' })
})
