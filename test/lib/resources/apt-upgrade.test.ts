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

test('what a machine could be upgraded by', () => {
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

test('half an answer is none', () => {
  expect(parseUpgrade(answer.slice(0, -10))).toBeUndefined()
  expect(parseUpgrade('')).toBeUndefined()
})

test('the scripts name what they must', () => {
  expect(upgradeProbe).toContain('--ignore-hold')
  expect(sourcesScript(["/etc/apt/it's.list"], 'bookworm', 'trixie')).toContain(`'/etc/apt/it'\\''s.list'`)
  // What was held is held again, and an operator's own configuration stays.
  expect(upgradeScript(['heartbeat'])).toMatch(/unhold 'heartbeat'[\s\S]*--fix-broken install\napt full-upgrade[\s\S]*hold "\$package"/)
})
