import { expect, test } from 'vitest'
import { mountsOf, startWorkload } from '../../../../lib/failover/clients/workload.ts'
import type { Connection } from '../../../../lib/resources/resource.ts'

const share = { ha_vip: '192.168.0.219/24', nfs_export_path: '/data', failover_dd: false }

/** The workload never ends; other commands are answered. */
const hanging = (asked: string[]): Pick<Connection, 'host' | 'run'> => ({
  host: 'C1',
  run: script => {
    asked.push(script)
    return asked.length === 1
      ? new Promise(() => undefined)
      : Promise.resolve({ code: 0, stdout: 'rpc_wait_bit_killable perl\n', stderr: '', encoded: false })
  },
})

test('a workload that does not end: the error tells what it waits for, and we wait only once', async () => {
  const asked: string[] = []
  const work = startWorkload(hanging(asked), mountsOf('C1', 1, 'hard'), 'run', share, 0.05)
  const error = { message: 'the workload on C1 did not end within 0.05 s', detail: 'rpc_wait_bit_killable perl\n' }
  await expect(work.stop()).rejects.toMatchObject(error)
  await expect(work.stop()).rejects.toMatchObject(error)
  expect(asked.length).toBe(2)
})
