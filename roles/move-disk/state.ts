import type { Member, Probe, Reading } from '../../lib/role-api/index.ts'
import { blocksOf, notRead, present, statesOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { attachedDisk, backingDisk, hasDeclaredAttached } from '../service/drbd/disk.ts'
import { withDrbd } from '../service/drbd/tools.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** State of the service on one node, and the disk below DRBD. */
export interface NodeState extends ServiceState {
  /** The attached disk, under the name with which it was attached; empty when there is none. */
  attached: string
  /** The disk in the inventory. */
  declared: string
  /** Both are the same device. */
  isDeclared: boolean
}

export type NamedNode = NodeState & { host: string }

export const nodesOf = (members: Member<NodeState>[]): NamedNode[] => statesOf(members)

export const nodeProbe = (context: Context): Probe<NodeState> => {
  const { vars } = context
  const service = serviceProbe(context)
  return {
    sh: withDrbd(
      vars,
      `${service.sh}
echo "@attached"; ${attachedDisk(vars)}
echo "@declared"; ${hasDeclaredAttached(vars)} && echo yes
echo "@disk-end"`,
    ),
    timeout: 60_000,
    parse(output): Reading<NodeState> {
      const reading = service.parse(output)
      if (reading.kind !== 'present') return reading
      const blocks = blocksOf(output.stdout)
      if (blocks['disk-end'] === undefined) return notRead('incomplete output')
      return present({
        ...reading.state,
        attached: (blocks.attached ?? '').trim(),
        declared: backingDisk(vars),
        isDeclared: (blocks.declared ?? '').trim() === 'yes',
      })
    },
  }
}
