import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'

/**
 * heartbeat watches no resource; the watch does. Each way in which a service breaks is made by hand on the node that serves, while a client works.
 * NFSHA_TEST_LAB names a converged lab that is up; else one is brought up and played.
 */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `watch-${process.pid}`
const nodes = ['M1', 'M2'] as const
type Node = (typeof nodes)[number]

const serves = async (machine: Node) =>
  (await on(lab, machine, 'ip -o -4 addr show em1; cat /proc/fs/nfsd/threads; grep " /data " /proc/mounts || true', 30_000)).match(
    / 192\.168\.0\.219\/24 [\s\S]*\n[1-9]\d*\n\/dev\/drbd0 /,
  ) !== null
const holder = async (): Promise<Node> => ((await serves('M1')) ? 'M1' : 'M2')
const whole = async () => (await nfshaPlay(lab, ['status.yml'])).code === 0
const saidBy = (machine: Node, since: string) => on(lab, machine, `journalctl -t nfsha -o cat --since '${since}'`)

beforeAll(async () => {
  if (given === undefined) {
    await labUp({ name: lab, ephemeral: true })
    const run = await nfshaPlay(lab, ['site.yml'])
    expect(run.code, run.story).toBe(0)
  }
  await until('the pair is whole', whole, 240_000)
})
afterAll(async () => {
  if (given === undefined) await labDown({ name: lab, destroy: true })
})

const broken = [
  { name: 'nfsd ended', how: 'rpc.nfsd 0', why: /nfsd does not run/ },
  { name: 'unmounted', how: 'umount -l /data', why: /not mounted/ },
  { name: 'address removed', how: 'ip addr del 192.168.0.219/24 dev em1', why: /192\.168\.0\.219 is not on em1/ },
]

test.each(broken)('$name: the service is handed over, nothing is lost', async ({ name, how, why }) => {
  const before = await holder()
  const after = before === 'M1' ? 'M2' : 'M1'
  const since = await on(lab, before, 'rm -f /run/nfsha.handed-over; date "+%F %T"')
  const damage = await underWork(
    lab,
    name.replace(' ', '-'),
    async () => {
      await on(lab, before, how)
      await until(`${after} serves`, () => serves(after), 120_000)
    },
    holder,
  )
  console.log(`${name}: longest stall of a write ${damage.stall.write} ms`)
  expect(damage).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  expect(await saidBy(before, since)).toMatch(new RegExp(`(${why.source}).*: handing over`))
  await until('the pair is whole', whole, 120_000)
})

test('broken again within ha_damping seconds: started again where it is', async () => {
  const before = await holder()
  const since = await on(lab, before, 'date +%s > /run/nfsha.handed-over; date "+%F %T"')
  const damage = await underWork(
    lab,
    'damped',
    async () => {
      await on(lab, before, 'rpc.nfsd 0')
      await until('it is started again', async () => /: starting it again here/.test(await saidBy(before, since)), 120_000)
      await until(`${before} serves`, () => serves(before), 120_000)
    },
    holder,
  )
  console.log(`damped: longest stall of a write ${damage.stall.write} ms`)
  expect(damage).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  expect(await holder()).toBe(before)
  await until('the pair is whole', whole, 120_000)
})

test('its helpers and the list of exports are put back where they were: nobody hands over', async () => {
  const before = await holder()
  const since = await on(lab, before, 'date "+%F %T"')
  await on(lab, before, 'kill $(pidof rpc.mountd nfsdcld); : > /var/lib/nfs/etab')
  await until(
    'all three are back',
    async () => /\/data/.test(await on(lab, before, 'pidof rpc.mountd && pidof nfsdcld && cat /var/lib/nfs/etab')),
    60_000,
  )
  expect(await holder()).toBe(before)
  expect(await saidBy(before, since)).not.toMatch(/handing over|starting it again/)
})
