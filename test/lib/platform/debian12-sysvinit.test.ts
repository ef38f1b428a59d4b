import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { debian12Sysvinit, debianInit } from '../../../lib/platform/debian12-sysvinit.ts'
import { platformOf } from '../../../lib/platform/index.ts'
import { initScript } from '../../../lib/platform/sysv.ts'
import { parseSysvService, updateRcd } from '../../../lib/resources/sysv-service.ts'

test('the init system decides between the two platforms of Debian 12, or none', () => {
  const debian = { os: 'debian', version: '12' }
  expect(platformOf({ ...debian, init: 'systemd' })).toBe(debian12)
  expect(platformOf({ ...debian, init: 'sysvinit' })).toBe(debian12Sysvinit)
  expect(platformOf({ ...debian, init: 'other' })).toBeUndefined()
})

test.each([
  ['on and running', '/etc/rc2.d/S02heartbeat\nstatus 0\n', 'enabled', 'active'],
  ['off: the unmatched pattern', '/etc/rc2.d/S[0-9][0-9]heartbeat\nstatus 3\n', 'disabled', 'inactive'],
  ['off, with another service whose name has the same ending', '/etc/rc2.d/S02old-heartbeat\nstatus 1\n', 'disabled', 'inactive'],
])('update-rc.d: %s', (_name, stdout, enabled, active) => {
  expect(parseSysvService('heartbeat', updateRcd, stdout)).toEqual({ loaded: 'loaded', enabled, active })
})

test('a boot job has the header that insserv reads', () => {
  const script = initScript(
    { name: 'nfsha-drbd', description: 'DRBD', commands: [{ command: 'drbdadm adjust drbd' }], undo: 'drbdadm down drbd' },
    debianInit,
  )
  expect(script).toMatch(
    /^### BEGIN INIT INFO\n# Provides: +nfsha-drbd$[\s\S]*^# X-Start-Before: +heartbeat$\n# X-Stop-After: +heartbeat$[\s\S]*^### END INIT INFO$/m,
  )
  expect(script).toContain('lock=/run/lock/nfsha-drbd')
})
