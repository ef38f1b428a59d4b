import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { chosenReleases } from '../lab/releases.ts'
import type { Played } from '../lab/run.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'

/**
 * The cluster built by single roles, in the order of the article: first heartbeat with the address alone (III), then DRBD (IV), NFS (V) and everything
 * together (VI). Each role is played twice; the second time it has nothing to do.
 */
const lab = `long-${process.pid}`
/** DRBD is on a logical volume, as in the article. */
const volume = JSON.stringify({ drbd_init_lvm: { group: 'VolGroup', volume: 'lv_drbd', size: '100%FREE', disk: '/dev/vdb' } })
const play = (...argv: string[]) => nfshaPlay(lab, [...argv, '-e', volume])
const holders = async () => {
  const found = await Promise.all(
    (['M1', 'M2'] as const).map(async m => ((await on(lab, m, 'ip -o -4 addr show em1')).includes('192.168.0.219/') ? [m] : [])),
  )
  return found.flat().join(' and ')
}
const good = (run: Played, changes: 'some' | 'none') => {
  expect(run.code, run.story).toBe(0)
  const changed = Object.values(run.recap).reduce((sum, host) => sum + host.changed, 0)
  if (changes === 'some') expect(changed, run.story).toBeGreaterThan(0)
  else expect(changed, run.story).toBe(0)
}

beforeAll(() => labUp({ name: lab, ephemeral: true, ...chosenReleases }))
afterAll(() => labDown({ name: lab, destroy: true }))

test.each(['base', 'routes', 'heartbeat'])('role %s alone', async role => {
  good(await play(role), 'some')
  good(await play(role), 'none')
})

test('III.5: the address alone moves when heartbeat stops, without DRBD', async () => {
  const vip = ['integrate', '-e', 'ha_stage=vip']
  good(await play(...vip), 'some')
  expect(await on(lab, 'M1', 'cat /etc/ha.d/haresources')).toBe('M1.redhat.sx IPaddr::192.168.0.219/24/em1')
  expect(await holders()).toBe('M1')
  good(await play(...vip), 'none')
  await on(lab, 'M1', 'systemctl stop heartbeat')
  await until('M2 has the address', async () => (await holders()) === 'M2', 60_000)
  await on(lab, 'M1', 'systemctl start heartbeat')
  await until(
    'M1 is a member again',
    async () => /^(all|local|foreign|none)$/.test(await on(lab, 'M1', 'cl_status rscstatus; true')),
    120_000,
  )
  expect(await holders()).toBe('M2')
})

test.each(['drbd-build', 'drbd-init', 'nfs'])('role %s alone', async role => {
  good(await play(role), 'some')
  good(await play(role), 'none')
})

test('DRBD is on the volume', async () => {
  expect(await on(lab, 'M2', 'drbdadm sh-ll-dev drbd; lvs --noheadings -o vg_name,lv_name,devices | tr -s " "')).toMatch(
    /^\/dev\/VolGroup\/lv_drbd\n VolGroup lv_drbd \/dev\/vdb\(0\)$/,
  )
})

test('the whole stack replaces the address alone, with one hand-over', async () => {
  const run = await play('integrate')
  good(run, 'some')
  expect(await on(lab, 'M1', 'cat /etc/ha.d/haresources')).toBe('M1.redhat.sx nfsha')
  good(await play('integrate'), 'none')
  const status = await play('status.yml')
  expect(status.code, status.story).toBe(0)
})

test('no run can go back to the address alone', async () => {
  const run = await play('integrate', '-e', 'ha_stage=vip')
  expect(run.code).toBe(3)
  expect(run.story).toMatch(/this cluster serves NFS, and ha_stage: vip would end that/)
})

test('V.4: the client writes and reads', async () => {
  good(await play('client'), 'some')
  await on(lab, 'C1', 'echo nolinux >> /data/nihao')
  expect(await on(lab, 'C1', 'cat /data/nihao')).toBe('nolinux')
})

test('site.yml changes nothing on what single roles have built', async () => good(await play('site.yml'), 'none'))
