import type { ClusterNodes } from '../../../lib/role-api/index.ts'
import { ApplyFailed } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'
import { drbdProgram, withDrbd } from './tools.ts'

/**
 * DRBD's manual recovery from split brain (drbdadm(8), connect --discard-my-data): the victim first, then the survivor when it is StandAlone.
 * Throws `ApplyFailed` when the victim has the device mounted.
 */
export const discard = async (nodes: ClusterNodes, vars: Vars, victim: string, survivor: string): Promise<void> => {
  const { drbd_resource: resource, drbd_device: device } = vars
  // Checked again in the same script as the write: a node that has taken over in the meantime keeps its data.
  const discarded = await nodes.on(victim).connection.run(
    withDrbd(
      vars,
      `grep -q '^${device} ' /proc/mounts && { echo "${device} is mounted here" >&2; exit 1; }
drbdadm disconnect ${resource}; drbdadm secondary ${resource} && drbdadm connect --discard-my-data ${resource}`,
    ),
    { timeout: 60_000 },
  )
  if (discarded.code !== 0) throw new ApplyFailed(`${victim} did not discard its data`, { detail: discarded.stderr })
  await nodes.on(survivor).$`if grep -q ' cs:StandAlone ' /proc/drbd; then ${drbdProgram(vars, 'drbdadm')} connect ${resource}; fi`
}
