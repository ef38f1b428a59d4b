import { expect, test } from 'vitest'
import { on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import type { Node } from './converged.ts'
import { convergedLab, other } from './converged.ts'

/**
 * heartbeat does not monitor resources; the watch does. The service is broken by hand in each way on the active node, while a client works.
 */
const { lab, serves, holder, whole } = convergedLab('watch')

const saidBy = (machine: Node, since: string) => on(lab, machine, `journalctl -t nfsha -o cat --since '${since}'`)

const broken = [
  { name: 'nfsd ended', how: 'rpc.nfsd 0', why: /nfsd does not run/ },
  { name: 'unmounted', how: 'umount -l /data', why: /not mounted/ },
  { name: 'address removed', how: 'ip addr del 192.168.0.219/24 dev em1', why: /192\.168\.0\.219 is not on em1/ },
  { name: 'disk detached', how: 'drbdadm detach drbd', why: /the disk has failed/, repair: 'drbdadm attach drbd' },
]

test.each(broken)('$name: the service is handed over, nothing is lost', async ({ name, how, why, repair }) => {
  const before = await holder()
  const after = other(before)
  const since = await on(lab, before, 'rm -f /run/nfsha/handed-over; date "+%F %T"')
  const impact = await underWork(
    lab,
    name.replace(' ', '-'),
    async () => {
      await on(lab, before, how)
      await until(`${after} serves`, () => serves(after), 120_000)
    },
    holder,
  )
  console.log(`${name}: longest stall of a write ${impact.stall.write} ms`)
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  expect(await saidBy(before, since)).toMatch(new RegExp(`(${why.source}).*: handing over`))
  if (repair) await on(lab, before, repair)
  await whole(120_000)
})

test('broken again within ha_damping seconds: restarted on the same node', async () => {
  const before = await holder()
  const since = await on(lab, before, `awk '{ printf "%d\\n", $1 * 100 }' /proc/uptime > /run/nfsha/handed-over; date "+%F %T"`)
  const impact = await underWork(
    lab,
    'damped',
    async () => {
      await on(lab, before, 'rpc.nfsd 0')
      await until('it is started again', async () => /: restarting the service here/.test(await saidBy(before, since)), 120_000)
      await until(`${before} serves`, () => serves(before), 120_000)
    },
    holder,
  )
  console.log(`damped: longest stall of a write ${impact.stall.write} ms`)
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  expect(await holder()).toBe(before)
  await whole(120_000)
})

test('its helpers and the list of exports are restored: there is no hand-over', async () => {
  const before = await holder()
  const since = await on(lab, before, 'date "+%F %T"')
  await on(lab, before, 'kill $(pidof rpc.mountd nfsdcld); : > /run/nfsha/nfs/etab')
  await until(
    'all three are back',
    async () => /\/data/.test(await on(lab, before, 'pidof rpc.mountd && pidof nfsdcld && cat /run/nfsha/nfs/etab')),
    60_000,
  )
  expect(await holder()).toBe(before)
  expect(await saidBy(before, since)).not.toMatch(/handing over|restarting the service/)
})
