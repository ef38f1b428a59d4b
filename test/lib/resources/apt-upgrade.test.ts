import { expect, test } from 'vitest'
import { parseUpgrade, sourcesScript, upgradeProbe, upgradeScript } from '../../../lib/resources/apt-upgrade.ts'

const answer = `@release
bookworm
@sources
/etc/apt/sources.list
@held
heartbeat
@lists
/var/cache/apt/nfsha-play.lists-read
@newer
libc6
heartbeat
@unfinished
half-configured dash
@kernel
6.1.0-44-cloud-amd64
@kernels
6.1.0-44-cloud-amd64
6.12.1-cloud-amd64
@boot
@upgrade
read
`

test('parses the upgrade state of a machine', () => {
  expect(parseUpgrade(answer)).toEqual({
    release: 'bookworm',
    sources: ['/etc/apt/sources.list'],
    held: ['heartbeat'],
    listsRead: true,
    newer: ['libc6', 'heartbeat'],
    unfinished: ['dash'],
    kernel: '6.1.0-44-cloud-amd64',
    newestKernel: '6.12.1-cloud-amd64',
    bootNeeded: false,
  })
})

test('truncated output is rejected', () => {
  expect(parseUpgrade(answer.slice(0, -10))).toBeUndefined()
  expect(parseUpgrade('')).toBeUndefined()
})

test('the scripts contain the required commands', () => {
  expect(upgradeProbe).toContain('--ignore-hold')
  expect(sourcesScript(["/etc/apt/it's.list"], 'bookworm', 'trixie')).toContain(`'/etc/apt/it'\\''s.list'`)
  // Packages are put on hold again, and modified configuration files stay.
  expect(upgradeScript(['heartbeat'])).toMatch(/unhold 'heartbeat'[\s\S]*--fix-broken install\napt full-upgrade[\s\S]*hold "\$package"/)
})
