import { expect, test } from 'vitest'
import { on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import { convergedLab } from './converged.ts'

/**
 * Whether the service fails back when the first node returns: the article's `auto_failback on`, and our default. Each time, heartbeat is
 * stopped and started on M1 while a client works.
 */
const { lab, good, serves, holder, whole } = convergedLab('failback')

test.each([
  { auto: true, stays: 'M1' },
  { auto: false, stays: 'M2' },
] as const)('heartbeat_auto_failback: $auto', async ({ auto, stays }) => {
  await good('site.yml', '-e', `heartbeat_auto_failback=${auto}`)
  await whole()
  if ((await holder()) !== 'M1') await good('switchover', '-e', 'ha_switchover_to=M1')
  const impact = await underWork(
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
  console.log(`auto_failback ${auto}: longest stall of a write ${impact.stall.write} ms`)
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
  expect(await holder()).toBe(stays)
})
