import type { Member, Probe, Reading, UpgradeState } from '../../lib/role-api/index.ts'
import { blocksOf, notRead, present, statesOf } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'

/** Marks the node that is being upgraded, besides the maintenance marker, so that an upgrade does not end an operator's own maintenance. */
export const upgradingMarker = '/var/lib/nfsha-play/upgrading'

/** State of the service on one node, and available upgrades (undefined if this tool cannot upgrade the system). */
export interface NodeState extends ServiceState {
  upgrade: UpgradeState | undefined
  /** An upgrade of this node has started but not finished. */
  upgrading: boolean
}

export type NamedNode = NodeState & { host: string }

export const nodesOf = (members: Member<NodeState>[]): NamedNode[] => statesOf(members)

/** Milliseconds. apt-get computes an upgrade within seconds on a slow machine, but takes longer beside a running upgrade. */
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
      if (system && !upgrade) return notRead('incomplete output')
      return present({ ...reading.state, upgrade, upgrading: (blocksOf(output.stdout).upgrading ?? '').trim() === 'yes' })
    },
  }
}
