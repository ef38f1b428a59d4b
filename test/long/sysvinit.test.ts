import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp, parseReleases } from '../../lib/lab/index.ts'
import type { Played } from '../lab/run.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'

/**
 * Machines without systemd, with net-tools: what CentOS 6 has in common with a system that is still available. Services are scripts in /etc/init.d,
 * routes are set with route(8), the boot follows run levels. Each role is played twice; the second time it has nothing to do.
 */
const lab = `sysvinit-${process.pid}`
const play = (...argv: string[]) => nfshaPlay(lab, argv)
const good = (run: Played, changes: 'some' | 'none') => {
  expect(run.code, run.story).toBe(0)
  const changed = Object.values(run.recap).reduce((sum, host) => sum + host.changed, 0)
  if (changes === 'some') expect(changed, run.story).toBeGreaterThan(0)
  else expect(changed, run.story).toBe(0)
}
const holds = async (machine: 'M1' | 'M2') => (await on(lab, machine, 'ip -o -4 addr show em1')).includes('192.168.0.219/')

beforeAll(() => labUp({ name: lab, ephemeral: true, releases: parseReleases('bookworm'), init: 'sysvinit' }))
afterAll(() => labDown({ name: lab, destroy: true }))

test('the machines run without systemd', async () => {
  expect(await on(lab, 'M1', 'cat /proc/1/comm; [ -d /run/systemd/system ] || echo none; command -v systemctl || echo none')).toBe(
    'init\nnone\nnone',
  )
  expect(await on(lab, 'M2', 'route -n | head -1')).toBe('Kernel IP routing table')
})

test.each(['base', 'routes', 'heartbeat'])('role %s alone', async role => {
  good(await play(role), 'some')
  good(await play(role), 'none')
})

test('the routes are set with net-tools', async () =>
  expect(await on(lab, 'M1', 'route -n | awk \'$3 == "255.255.255.255" { print $1, $4, $8 }\' | sort')).toBe(
    '172.16.0.211 UH em2\n172.16.100.211 UH em3',
  ))

test('the address alone', async () => {
  good(await play('integrate', '-e', 'ha_stage=vip'), 'some')
  good(await play('integrate', '-e', 'ha_stage=vip'), 'none')
  expect(await holds('M1')).toBe(true)
  expect(await on(lab, 'M1', '/etc/init.d/heartbeat status')).toMatch(/^heartbeat OK/)
})

test.each(['drbd-build', 'drbd-init', 'nfs'])('role %s alone', async role => {
  good(await play(role), 'some')
  good(await play(role), 'none')
})

test('the whole stack', async () => {
  good(await play('integrate'), 'some')
  good(await play('integrate'), 'none')
  const status = await play('status.yml')
  expect(status.code, status.story).toBe(0)
})

test('a client writes and reads', async () => {
  good(await play('client'), 'some')
  await on(lab, 'C1', 'echo nolinux >> /data/nihao; cat /data/nihao')
})

/** The service may be on either node, because the stack was changed while it ran. */
const holder = async () => ((await holds('M1')) ? 'M1' : 'M2')
const otherThan = (machine: 'M1' | 'M2') => (machine === 'M1' ? 'M2' : 'M1')

test('a switchover', async () => {
  const before = await holder()
  const run = await play('switchover')
  expect(run.code, run.story).toBe(0)
  expect(await holds(otherThan(before))).toBe(true)
  expect(await on(lab, 'C1', 'cat /data/nihao')).toBe('nolinux')
})

test('after a boot, routes and DRBD are restored, and heartbeat waits for the operator', async () => {
  const standby = otherThan(await holder())
  const bootOf = () => on(lab, standby, 'cat /proc/sys/kernel/random/boot_id', 20_000)
  const before = await bootOf()
  await on(lab, standby, '(sleep 1; reboot) >/dev/null 2>&1 &')
  await until(`${standby} has booted`, async () => (await bootOf()) !== before, 240_000)
  await until(
    'its run level is complete',
    async () => (await on(lab, standby, 'pgrep -x rc || echo complete', 20_000)) === 'complete',
    60_000,
  )
  expect(await on(lab, standby, '/etc/init.d/heartbeat status || true')).toMatch(/^heartbeat is stopped/)
  await until('DRBD is connected', async () => (await on(lab, standby, 'drbdadm cstate drbd')) === 'Connected', 60_000)
  await on(lab, standby, '/etc/init.d/heartbeat start')
  await until(
    `${standby} is a member again`,
    async () => /^(all|local|foreign|none)$/.test(await on(lab, standby, 'cl_status rscstatus')),
    120_000,
  )
  good(await play('site.yml'), 'none')
})
