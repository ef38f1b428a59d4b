import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp, parseReleases } from '../../lib/lab/index.ts'
import type { Played } from '../lab/run.ts'
import { nfshaPlay, on, printPanics } from '../lab/run.ts'

/**
 * The next Debian before its release: its machines boot, the roles refuse it by default, and played as Debian 13 they converge. It changes every day;
 * this test finds problems before users do. NFSHA_TEST_LAB names a bare or converged lab with it.
 */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `forky-${process.pid}`
const untested = ['-e', 'accept_untested_platform=debian13']
const changed = (run: Played) => Object.values(run.recap).reduce((sum, host) => sum + host.changed, 0)

beforeAll(async () => {
  if (given === undefined) await labUp({ name: lab, ephemeral: true, releases: parseReleases('forky') })
})
afterAll(async () => {
  await printPanics(lab)
  if (given === undefined) await labDown({ name: lab, destroy: true })
})

test('the machines run Debian testing with a kernel that has DRBD 8.4', async () => {
  expect(await on(lab, 'M1', '. /etc/os-release; echo "$VERSION_CODENAME"; modinfo -F version drbd')).toMatch(/^forky\n8\.4\./)
})

test('by default it is refused, with the list of supported systems, and nothing is changed', async () => {
  const run = await nfshaPlay(lab, ['site.yml'])
  expect(run.code).toBe(3)
  expect(run.story).toMatch(/M1 identity identity: failed unsupported system: debian forky with systemd; supported: Debian 12, /)
  expect(changed(run)).toBe(0)
})

test('played as Debian 13 it converges, names the hosts that are not supported, and a second run changes nothing', async () => {
  const first = await nfshaPlay(lab, ['site.yml', ...untested])
  expect(first.code, first.story).toBe(0)
  const guessed = first.events.flatMap(e => (e.type === 'host-ready' && e.untested !== undefined ? [`${e.host}: ${e.untested}`] : []))
  expect(guessed).toContain('M1: debian forky is not supported; treated as Debian 13 (accept_untested_platform)')
  const second = await nfshaPlay(lab, ['site.yml', ...untested])
  expect(second.code, second.story).toBe(0)
  expect(changed(second), second.story).toBe(0)
})

test('it serves, drift is silent, and the service moves and comes back', async () => {
  const drift = await nfshaPlay(lab, ['site.yml', '--check', ...untested])
  expect([drift.code, changed(drift)], drift.story).toEqual([0, 0])
  for (const node of ['M2', 'M1']) {
    const moved = await nfshaPlay(lab, ['switchover.yml', '-e', `ha_switchover_to=${node}`, ...untested])
    expect(moved.code, moved.story).toBe(0)
    expect(await on(lab, node as 'M1' | 'M2', 'cat /proc/fs/nfsd/threads')).not.toBe('0')
  }
})
