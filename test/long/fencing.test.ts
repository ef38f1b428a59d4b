import { expect, test } from 'vitest'
import { labFault, labFencing, labReady } from '../../lib/lab/index.ts'
import { nfsha, on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import type { Node } from './converged.ts'
import { convergedLab, other } from './converged.ts'

/**
 * A watchdog and fencing on a serving pair, with the reset button of the lab. Without them, each of these faults ends badly or needs an operator.
 */
const { lab, good, holder, serves, whole } = convergedLab('fencing')

const fenced = ['-i', 'inventory/lab-fencing.yml']
const both = [...fenced, '-e', 'heartbeat_watchdog=softdog']
const nics = ['em1', 'em2', 'em3']
const bootOf = (node: Node) => on(lab, node, 'cat /proc/sys/kernel/random/boot_id')
const watchdogOf = (node: Node) => on(lab, node, 'cat /sys/class/watchdog/watchdog0/state')
/** Waits until a node that was reset has booted again, then starts heartbeat as its operator would. */
const takeBack = async (node: Node, before: string) => {
  await labReady(lab, node, 300_000)
  expect(await bootOf(node)).not.toBe(before)
  await on(lab, node, 'systemctl start heartbeat', 180_000)
  await whole()
}
const said = (node: Node, pattern: string) => on(lab, node, `journalctl -q -b -o cat -t nfsha | grep -c ${pattern} || true`)

test('one run sets both, with one hand-over; the second run changes nothing', async () => {
  await labFencing(lab)
  await good('heartbeat', ...both)
  await whole()
  const again = await good('heartbeat', ...both)
  expect(Object.values(again.recap).map(r => r.changed)).toEqual([0, 0])
  for (const node of ['M1', 'M2'] as const) {
    expect(await watchdogOf(node)).toBe('active')
    expect(await on(lab, node, 'stat -c %a:%U /etc/ha.d/nfsha-fence.conf')).toBe('600:root')
  }
})

test('an orderly stop closes the watchdog: the node is not reset', async () => {
  const standby = other(await holder())
  const before = await bootOf(standby)
  await on(lab, standby, 'systemctl stop heartbeat', 180_000)
  expect(await watchdogOf(standby)).toBe('inactive')
  // longer than the timeout of the device: deadtime 8 plus one second
  await on(lab, standby, 'sleep 12')
  expect(await bootOf(standby)).toBe(before)
  await on(lab, standby, 'systemctl start heartbeat', 180_000)
  await whole()
})

test('a watchdog that cannot be stopped, and one that systemd uses, are refused', async () => {
  const standby = other(await holder())
  await on(
    lab,
    standby,
    'mkdir -p /run/systemd/system.conf.d; printf "[Manager]\\nRuntimeWatchdogSec=60\\n" > /run/systemd/system.conf.d/test.conf',
  )
  await on(lab, standby, 'systemctl stop heartbeat; systemctl daemon-reexec; sleep 1', 180_000)
  const run = await nfsha(lab, ['heartbeat', ...both, '--check'])
  expect(run.code).toBe(3)
  expect(run.stdout + run.stderr).toMatch(/systemd has \/dev\/watchdog \(Software Watchdog\) open, so heartbeat cannot/)
  await on(lab, standby, 'rm /run/systemd/system.conf.d/test.conf; systemctl daemon-reexec; sleep 1; systemctl start heartbeat', 180_000)
  await whole()
})

test('fence-test.yml: each node resets the other, the service moves once, no error, nothing lost', async () => {
  const boots = { M1: await bootOf('M1'), M2: await bootOf('M2') }
  const impact = await underWork(
    lab,
    'fence-test',
    async () => void (await good('fence-test.yml', ...both, '-e', 'fence_both=true')),
    holder,
  )
  for (const node of ['M1', 'M2'] as const) expect(await bootOf(node)).not.toBe(boots[node])
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
})

test('a standby whose processor stops is reset by its watchdog, and its return does not affect the active node', async () => {
  const serving = await holder()
  const standby = other(serving)
  const before = await bootOf(standby)
  const heartbeat = await on(lab, serving, 'cat /run/heartbeat.pid')
  const impact = await underWork(
    lab,
    'stalled',
    async () => {
      await labFault(lab, standby, 'stall')
      await until(
        'it is given up',
        async () => (await on(lab, serving, `cl_status nodestatus ${standby}.redhat.sx || true`)) === 'dead',
        120_000,
      )
      await labFault(lab, standby, 'resume')
      await takeBack(standby, before)
    },
    holder,
  )
  expect(await holder()).toBe(serving)
  expect(await on(lab, serving, 'cat /run/heartbeat.pid')).toBe(heartbeat)
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
})

test('an active node that is cut off is reset before the other one serves', async () => {
  const serving = await holder()
  const before = await bootOf(serving)
  const impact = await underWork(
    lab,
    'cut-off',
    async () => {
      for (const nic of nics) await labFault(lab, serving, 'link-down', nic)
      await until('the other node serves', () => serves(other(serving)), 120_000)
      expect(await said(other(serving), '"was fenced"')).not.toBe('0')
      for (const nic of nics) await labFault(lab, serving, 'link-up', nic)
      await takeBack(serving, before)
    },
    holder,
  )
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
})

test('a standby that is cut off resets nobody', async () => {
  const serving = await holder()
  const boots = await bootOf(serving)
  for (const nic of nics) await labFault(lab, other(serving), 'link-down', nic)
  await until('it has been asked to', async () => (await said(other(serving), '"is disconnected itself"')) !== '0', 120_000)
  for (const nic of nics) await labFault(lab, other(serving), 'link-up', nic)
  await whole()
  expect(await bootOf(serving)).toBe(boots)
})

test('while the device fails, nobody takes over; when it works again, heartbeat continues by itself', async () => {
  const serving = await holder()
  const before = await bootOf(serving)
  const key = '/etc/nfsha-lab-power-key'
  await on(lab, other(serving), `mv ${key} ${key}.away`)
  const drift = await nfsha(lab, ['heartbeat', ...both, '--check'])
  expect(drift.code).toBe(3)
  expect(drift.stdout + drift.stderr).toMatch(new RegExp(`this node could not reset ${serving} now`))
  await labFault(lab, serving, 'freeze')
  await until('it could not be ended', async () => Number(await said(other(serving), '"could not fence"')) >= 2, 180_000)
  expect(await serves(other(serving))).toBe(false)
  await on(lab, other(serving), `mv ${key}.away ${key}`)
  await until('the other node serves', () => serves(other(serving)), 120_000)
  await labFault(lab, serving, 'thaw')
  await takeBack(serving, before)
})

test('without the variables everything is off again', async () => {
  await good('heartbeat')
  await whole()
  for (const node of ['M1', 'M2'] as const) {
    expect(await watchdogOf(node)).toBe('inactive')
    expect(await on(lab, node, "grep -cE '^(watchdog|stonith)' /etc/ha.d/ha.cf || true")).toBe('0')
  }
})
