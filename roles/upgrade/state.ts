import type { Member, Probe, Reading, UpgradeState } from '../../lib/role-api/index.ts'
import { blocksOf, notRead, present, statesOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** On the node that is being upgraded, beside the mark of its maintenance: an operator's own maintenance is not ended by an upgrade. */
export const upgradingMarker = '/var/lib/nfsha-play/upgrading'

/** One node: what it does for the cluster, and what it could be upgraded by (nothing where the system cannot be upgraded by us). */
export interface NodeState extends ServiceState {
  upgrade: UpgradeState | undefined
  /** An upgrade of this node has begun and not come to its end. */
  upgrading: boolean
}

export type NamedNode = NodeState & { host: string }

export const nodesOf = (members: Member<NodeState>[]): NamedNode[] => statesOf(members)

/** ms: apt-get works an upgrade out in seconds on a slow machine, and beside one that is under way it may take longer. */
const timeout = 120_000

export const nodeProbe = (context: Context): Probe<NodeState> => {
  const service = serviceProbe(context)
  const system = context.platform.systemUpgrade
  return {
    sh: `${service.sh}\necho "@upgrading"; [ ! -e ${upgradingMarker} ] || echo yes\n${system?.probe ?? ''}`,
    timeout,
    parse(output): Reading<NodeState> {
      const reading = service.parse(output)
      const upgrade = system?.parse(output.stdout)
      if (reading.kind !== 'present') return reading
      if (system && !upgrade) return notRead('its answer is incomplete')
      return present({ ...reading.state, upgrade, upgrading: (blocksOf(output.stdout).upgrading ?? '').trim() === 'yes' })
    },
  }
}
