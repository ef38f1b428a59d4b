import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'

/**
 * Whether the service goes back to the first node when that comes back: the article's `auto_failback on`, and our default. Each time heartbeat is
 * stopped and started on M1 while a client works. NFSHA_TEST_LAB names a converged lab that is up; else one is brought up and played.
 */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `failback-${process.pid}`
type Node = 'M1' | 'M2'

const serves = async (machine: Node) =>
  /192\.168\.0\.219\/24[\s\S]*\n[1-9]\d*$/.test(await on(lab, machine, 'ip -o -4 addr show em1; cat /proc/fs/nfsd/threads', 30_000))
const holder = async (): Promise<Node> => ((await serves('M1')) ? 'M1' : 'M2')
const good = async (...argv: string[]) => {
  const run = await nfshaPlay(lab, argv)
  expect(run.code, run.story).toBe(0)
}
const whole = () => until('the pair is whole', async () => (await nfshaPlay(lab, ['status.yml'])).code === 0, 240_000)

beforeAll(async () => {
  if (given !== undefined) return
  await labUp({ name: lab, ephemeral: true })
  await good('site.yml')
})
afterAll(async () => {
  if (given === undefined) await labDown({ name: lab, destroy: true })
})

test.each([
  { auto: true, stays: 'M1' },
  { auto: false, stays: 'M2' },
] as const)('heartbeat_auto_failback: $auto', async ({ auto, stays }) => {
  await good('site.yml', '-e', `heartbeat_auto_failback=${auto}`)
  await whole()
  if ((await holder()) !== 'M1') await good('switchover', '-e', 'to=M1')
  const damage = await underWork(
    lab,
    `failback-${auto}`,
    async () => {
      await on(lab, 'M1', 'systemctl stop heartbeat', 180_000)
      await until('M2 serves', () => serves('M2'), 120_000)
      await on(lab, 'M1', 'systemctl start heartbeat', 180_000)
      if (auto) await until('M1 serves', () => serves('M1'), 240_000)
      await whole()
    },
    holder,
  )
  console.log(`auto_failback ${auto}: longest stall of a write ${damage.stall.write} ms`)
  expect(damage).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  expect(await holder()).toBe(stays)
})
