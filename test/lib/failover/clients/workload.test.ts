import { expect, test } from 'vitest'
import { mountsOf, startWorkload } from '../../../../lib/failover/clients/workload.ts'
import type { Connection } from '../../../../lib/resources/resource.ts'

const share = { ha_vip: '192.168.0.219/24', nfs_export_path: '/data', failover_dd: false }

/** The work never ends; what is asked beside it is answered. */
const hanging = (asked: string[]): Pick<Connection, 'host' | 'run'> => ({
  host: 'C1',
  run: script => {
    asked.push(script)
    return asked.length === 1
      ? new Promise(() => undefined)
      : Promise.resolve({ code: 0, stdout: 'rpc_wait_bit_killable perl\n', stderr: '', encoded: false })
  },
})

test('work that does not end: what it waits for is in the error, and it is waited for once', async () => {
  const asked: string[] = []
  const work = startWorkload(hanging(asked), mountsOf('C1', 1, 'hard'), 'run', share, 0.05)
  const error = { message: "the clients' work on C1 did not end within 0.05 s", detail: 'rpc_wait_bit_killable perl\n' }
  await expect(work.stop()).rejects.toMatchObject(error)
  await expect(work.stop()).rejects.toMatchObject(error)
  expect(asked.length).toBe(2)
})
