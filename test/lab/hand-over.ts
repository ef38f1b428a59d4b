import { expect, test } from 'vitest'
import { labFault } from '../../lib/lab/index.ts'
import { maintenanceMarker } from '../../roles/service/paths.ts'
import { nfshaPlay, on, until } from './run.ts'

/** The playbooks with which an operator moves the service, on a converged lab on which M1 is active, as it is again at the end. */
export const handOverTests = (lab: string): void => {
  const play = (...argv: string[]) => nfshaPlay(lab, argv)
  const nodes = ['M1', 'M2'] as const
  const marks = () => Promise.all(nodes.map(node => on(lab, node, `cat ${maintenanceMarker} 2>/dev/null || echo none`)))
  const changesNothing = async (...argv: string[]) => {
    const { code, recap, story } = await play(...argv)
    expect(code, story).toBe(0)
    expect(
      Object.values(recap).every(h => h.changed === 0),
      story,
    ).toBe(true)
  }

  test('if a link is down, the service is not moved', async () => {
    await labFault(lab, 'M2', 'link-down', 'em2')
    try {
      const heard = () => on(lab, 'M1', 'cl_status hblinkstatus m2.redhat.sx em2; true')
      await until('M1 misses its peer on em2', async () => (await heard()) === 'dead', 60_000)
      const { code, story } = await play('switchover')
      expect(code, story).toBe(3)
      expect(story).toMatch(/the service stays on M1: .*em2 dead/)
    } finally {
      await labFault(lab, 'M2', 'link-up', 'em2')
    }
    await until('the pair is well again', async () => (await play('status.yml')).code === 0, 120_000)
  })

  test('an active node is taken out of service and back in', async () => {
    const typo = await play('maintenance', '-e', 'ha_maintenance=M3')
    expect(typo.code, typo.story).toBe(2)
    expect(typo.stderr).toContain('M3 is not a node of this cluster; its nodes are M1 and M2')
    expect(await marks()).toEqual(['none', 'none'])
    const drained = await play('maintenance', '-e', 'ha_maintenance=M1')
    expect(drained.code, drained.story).toBe(0)
    expect(await marks()).toEqual(['M1', 'M1'])
    expect(await on(lab, 'M2', 'ip -o -4 addr show em1')).toContain(' 192.168.0.219/24 ')
    expect(await on(lab, 'M1', 'systemctl is-active heartbeat || true')).toBe('inactive')
    await changesNothing('maintenance', '-e', 'ha_maintenance=M1')
    const back = await play('maintenance', '-e', 'ha_maintenance=none')
    expect(back.code, back.story).toBe(0)
    expect(await marks()).toEqual(['none', 'none'])
    await changesNothing('maintenance', '-e', 'ha_maintenance=none')
  })

  test('if the preferred node is not allowed to take over, the service returns to the other one by itself', async () => {
    await on(lab, 'M1', 'drbdadm disconnect drbd')
    await until(
      'M2 goes on alone',
      async () => (await on(lab, 'M2', 'cat /proc/drbd')).includes('ro:Primary/Unknown ds:UpToDate/Outdated'),
      60_000,
    )
    try {
      for (const node of nodes) await on(lab, node, 'rm -f /run/nfsha/handed-over')
      await on(lab, 'M2', '. /etc/ha.d/nfsha-watch.conf; hand_over')
      await until('M1 was refused', async () => (await on(lab, 'M1', 'cat /run/nfsha/start-failed')) === 'primary', 60_000)
      await until('M2 serves again', async () => (await on(lab, 'M2', 'ip -o -4 addr show em1')).includes(' 192.168.0.219/24 '), 60_000)
    } finally {
      await on(lab, 'M1', 'drbdadm connect drbd')
    }
    await until('the pair is well again', async () => (await play('status.yml')).code === 0, 120_000)
    const moved = await play('switchover', '-e', 'ha_switchover_to=M1')
    expect(moved.code, moved.story).toBe(0)
  })

  test('if the replication link fails during a hand-over, the target still takes over, and the other node is resynchronised', async () => {
    // From the moment when both are Secondary, M1 sends no packet over the link.
    const cut = `setsid sh -c 'while ! grep -q "ro:Secondary/Secondary" /proc/drbd; do :; done; tc qdisc replace dev em3 root netem loss 100%' </dev/null >/dev/null 2>&1 &`
    await on(lab, 'M1', `modprobe sch_netem; rm -f /run/nfsha/handed-over; ${cut} . /etc/ha.d/nfsha-watch.conf; hand_over`)
    try {
      await until('M2 serves', async () => (await on(lab, 'M2', 'ip -o -4 addr show em1')).includes(' 192.168.0.219/24 '), 60_000)
      expect(await on(lab, 'M2', 'grep " ro:" /proc/drbd')).toContain('ro:Primary/Unknown ds:UpToDate/Outdated')
      expect(await on(lab, 'M1', 'grep " ro:" /proc/drbd')).toContain('ro:Secondary/Unknown ds:Outdated/DUnknown')
    } finally {
      await on(lab, 'M1', 'tc qdisc del dev em3 root')
    }
    await until('the pair is well again', async () => (await play('status.yml')).code === 0, 120_000)
  })

  test('a switchover reports how long it took; if the target is already active, nothing moves', async () => {
    const moved = await play('switchover', '-e', 'ha_switchover_to=M1')
    expect(moved.code, moved.story).toBe(0)
    expect(moved.story).toMatch(/M1 serves after \d+\.\d s/)
    await changesNothing('switchover', '-e', 'ha_switchover_to=M1')
  })
}
