import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { debian12Sysvinit, debianInit } from '../../../lib/platform/debian12-sysvinit.ts'
import { platformOf } from '../../../lib/platform/index.ts'
import { initScript } from '../../../lib/platform/sysv.ts'
import { parseSysvService, updateRcd } from '../../../lib/resources/sysv-service.ts'

test('Debian 12 is one of two platforms by its init, or none', () => {
  const debian = { os: 'debian', version: '12' }
  expect(platformOf({ ...debian, init: 'systemd' })).toBe(debian12)
  expect(platformOf({ ...debian, init: 'sysvinit' })).toBe(debian12Sysvinit)
  expect(platformOf({ ...debian, init: 'other' })).toBeUndefined()
})

test.each([
  ['on and running', '/etc/rc2.d/S02heartbeat\nstatus 0\n', 'enabled', 'active'],
  ['off: the pattern that nothing matched', '/etc/rc2.d/S[0-9][0-9]heartbeat\nstatus 3\n', 'disabled', 'inactive'],
  ['off, and another whose name ends like it', '/etc/rc2.d/S02old-heartbeat\nstatus 1\n', 'disabled', 'inactive'],
])('update-rc.d: %s', (_name, stdout, enabled, active) => {
  expect(parseSysvService('heartbeat', updateRcd, stdout)).toEqual({ loaded: 'loaded', enabled, active })
})

test('a job of the boot has the header that insserv reads', () => {
  const script = initScript(
    { name: 'nfsha-drbd', description: 'DRBD', commands: [{ command: 'drbdadm adjust drbd' }], undo: 'drbdadm down drbd' },
    debianInit,
  )
  expect(script).toMatch(
    /^### BEGIN INIT INFO\n# Provides: +nfsha-drbd$[\s\S]*^# X-Start-Before: +heartbeat$\n# X-Stop-After: +heartbeat$[\s\S]*^### END INIT INFO$/m,
  )
  expect(script).toContain('lock=/run/lock/nfsha-drbd')
})
