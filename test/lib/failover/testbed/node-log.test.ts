import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventsOf, parseLogLine } from '../../../../lib/failover/testbed/node-log.ts'

// Recorded in the lab: two switchovers, from M2 to M1 and back, and M2 during the power loss of M1.
const recorded = (host: string) => readFileSync(new URL(`../../../fixtures/failover/${host}.txt`, import.meta.url), 'utf8')
const start = 1795625457.8
const events = (host: string) => eventsOf(host, recorded(host), at => 1000 * (at - start))

test('a line has a time, a writer and a text', () => {
  expect(parseLogLine('1795625457.825912 M2 heartbeat[1840]: [1840]: info: m2.redhat.sx wants to go standby [all]')).toEqual({
    time: 1795625457.825912,
    by: 'heartbeat',
    text: 'info: m2.redhat.sx wants to go standby [all]',
  })
  expect(parseLogLine('-- Boot 6f3a --')).toBeUndefined()
})

test('a switchover in the logs of both nodes', () => {
  const first = (host: string) =>
    events(host)
      .filter(e => e.at < 30_000 && e.kind !== 'other' && e.kind !== 'storage')
      .map(e => `${e.kind} ${(e.at / 1000).toFixed(1)}`)
  expect(first('M2')).toEqual(['notices 0.0', 'notices 0.3', 'notices 6.1', 'releases 7.2', 'released 10.1', 'released 10.2'])
  expect(first('M1')).toEqual(['notices 0.2', 'notices 10.3', 'notices 12.0', 'takes over 12.4', 'serves 15.2', 'serves 15.3'])
  expect(events('M2').filter(e => e.kind === 'storage')[0]).toEqual({
    host: 'M2',
    at: 9404,
    kind: 'storage',
    text: 'kernel: EXT4-fs (drbd0): unmounting filesystem.',
  })
})

test('a power loss in the log of the surviving node', () => {
  const lost = 1795632848.62
  const all = eventsOf('M2', recorded('power-loss.M2'), at => 1000 * (at - lost))
  const first = (kind: string) => all.find(e => e.kind === kind)
  expect(first('notices')).toMatchObject({ at: 2118, text: 'heartbeat: WARN: node m1.redhat.sx: is dead' })
  expect(first('takes over')?.text).toBe('ResourceManager(default): info: Running /etc/ha.d//resource.d/nfsha  start')
  expect(first('serves')?.text).toBe('nfsha: started')
  expect(all.some(e => e.kind === 'releases')).toBe(false)
  expect(all.filter(e => e.kind === 'storage').map(e => e.text.replace(/^kernel: /, '').slice(0, 36))).toEqual([
    'drbd drbd: peer( Primary -> Unknown ',
    'drbd drbd: conn( NetworkFailure -> U',
    'drbd drbd: conn( Unconnected -> WFCo',
    'block drbd0: role( Secondary -> Prim',
    'EXT4-fs (drbd0): recovery complete',
    'EXT4-fs (drbd0): mounted filesystem ',
    'NFSD: Using nfsdcld client tracking ',
    'NFSD: starting 10-second grace perio',
    'NFSD: all clients done reclaiming, e',
  ])
})

test('heartbeat logs that a takeover is complete before it has started the group of the surviving node', () => {
  const lines = `1795748702.500 M1 heartbeat[301]: [301]: info: mach_down takeover complete.
1795748703.215 M1 ResourceManager(default)[911]: info: Running /etc/ha.d//resource.d/nfsha  start
1795748705.170 M1 nfsha[950]: started
1795748705.200 M1 heartbeat[301]: [301]: info: all HA resource acquisition completed (standby).
`
  expect(eventsOf('M1', lines, at => at).map(e => e.kind)).toEqual(['notices', 'takes over', 'serves', 'serves'])
})

test('kernel lines of a boot and complaints of heartbeat about its main loop are left out', () => {
  expect(
    eventsOf(
      'M1',
      '1795625457.1 M1 kernel: Linux version 6.1.0-41-cloud-amd64\n1795625457.1 M1 heartbeat[9]: [9]: WARN: Gmain_timeout_dispatch: Dispatch function for check for signals was delayed 170 ms\n1795625457.2 M1 kernel: drbd drbd: PingAck did not arrive in time.\n',
      () => 5,
    ),
  ).toEqual([{ host: 'M1', at: 5, kind: 'notices', text: 'kernel: drbd drbd: PingAck did not arrive in time.' }])
})
