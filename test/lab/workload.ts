import type { ClientImpact } from '../../lib/failover/clients/client-impact.ts'
import { clientImpactOf, timed } from '../../lib/failover/clients/client-impact.ts'
import { judgeRecords } from '../../lib/failover/clients/operations.ts'
import { mountsOf, shareDirectory, startWorkload } from '../../lib/failover/clients/workload.ts'
import { labPlaces } from '../../lib/lab/index.ts'
import { connect } from '../../lib/ssh/connect.ts'
import { on, until } from './run.ts'

const share = { ha_vip: '192.168.0.219/24', nfs_export_path: '/data', failover_dd: false }

/** Runs the workload of the failover test on C1's mounts, from before `change` until it is steady again. `holder` returns the active node. */
export const underWork = async (
  lab: string,
  run: string,
  change: () => Promise<void>,
  holder: () => Promise<'M1' | 'M2'>,
): Promise<ClientImpact> => {
  const connection = await connect({ kind: 'ssh', name: 'C1', address: 'C1', sshConfigFile: labPlaces(lab).sshConfigFile })
  const mounts = mountsOf('C1', 1, 'noatime')
  const work = startWorkload(connection, mounts, run, share)
  const steady = async (more: number) => {
    const from = work.operations().length
    await until('the client works', async () => work.operations().length > from + more, 240_000)
  }
  try {
    await steady(100)
    await change()
    await steady(200)
  } finally {
    await work.stop()
    await connection.close()
  }
  const node = await holder()
  const records = await Promise.all(
    mounts.map(async ({ name }) =>
      judgeRecords(
        `${await on(lab, node, `cat /data/${shareDirectory}/${run}/${name}.records`, 300_000)}\n`,
        work.operations().filter(o => o.mount === name),
      ),
    ),
  )
  const start = work.operations()[0]?.start ?? 0
  return clientImpactOf(
    timed(work.operations(), at => at, start),
    records,
    Number.POSITIVE_INFINITY,
  )
}
