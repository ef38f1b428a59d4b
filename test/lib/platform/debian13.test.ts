import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { debian13 } from '../../../lib/platform/debian13.ts'
import { parseFacts } from '../../../lib/platform/facts.ts'
import { platformOf, supportedSystems, untestedPlatform } from '../../../lib/platform/index.ts'

test('Debian 13 differs from 12 only as documented in docs/platforms.md', () => {
  const { name, nfsUnits, ...same } = debian13
  expect(name).toBe('Debian 13')
  expect(nfsUnits.filter(unit => !debian12.nfsUnits.includes(unit))).toEqual(['fsidd.service'])
  expect(debian12).toMatchObject(same)
})

test('systems are recognised by id, version and init; a message lists them', () => {
  expect(platformOf({ os: 'debian', version: '13', init: 'systemd' })).toBe(debian13)
  expect(platformOf({ os: 'debian', version: '14', init: 'systemd' })).toBeUndefined()
  expect(platformOf({ os: 'ubuntu', version: '12', init: 'systemd' })).toBeUndefined()
  expect(supportedSystems()).toBe('Debian 12, Debian 12 with sysvinit, Debian 13, CentOS 6')
})

test('an unsupported system can be treated as the nearest one, and the recap shows it', () => {
  const { untested, ...same } = untestedPlatform('debian13', { os: 'ubuntu', version: '24.04' })
  expect(same).toEqual(debian13)
  expect(untested).toBe('ubuntu 24.04 is not supported; treated as Debian 13 (accept_untested_platform)')
  expect(untestedPlatform('debian12', { os: 'debian', version: '' }).untested).toMatch(/^debian is not supported; treated as Debian 12 /)
})

test('Debian testing has no number, so its code name is used', () => {
  const os = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=forky\nID=debian'
  expect(parseFacts(`@os\n${os}\n@kernel\n6.18.1 x86_64\n`)).toMatchObject({ os: 'debian', version: 'forky' })
})
