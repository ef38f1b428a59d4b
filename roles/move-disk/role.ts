import type { ClusterAssertion, Procedure, Resource } from '../../lib/role-api/index.ts'
import { clusterAssertion, present, refused, refusedFor } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { detachedId, inUseBesideDisk } from '../service/checks/in-use.ts'
import { type Replica, replicaProbe } from '../service/drbd/replica.ts'
import { type DiskVerdict, judgeDisks, refusals } from '../service/drbd/verdict.ts'
import { planMove } from './plan.ts'
import { type NodeState, nodeProbe, nodesOf } from './state.ts'

/**
 * Pure: why the new disk cannot become a copy of the other node's. A disk that already belongs to this pair is fine: an earlier run was
 * interrupted, or it is an old copy.
 */
export const newDiskProblems = (verdicts: DiskVerdict[], node: string): string[] => {
  const found = refusals(verdicts)
  const fate = verdicts.find(v => v.host === node)?.fate.kind
  if (found.length > 0 || fate === undefined || ['create', 'volume', 'ours'].includes(fate)) return found
  return [`the new disk of ${node} is to become a copy: its content cannot be kept or adopted, it must be blank (docs/disks.md)`]
}

const newDisk = ({ vars, platform }: Context, node: string): ClusterAssertion<Replica> =>
  clusterAssertion(`new disk of ${node}`, {
    dependsOn: [],
    probe: replicaProbe(vars),
    compare: members => refusedFor(newDiskProblems(judgeDisks(members, vars, platform.commands.emptyDisk), node)),
  })

const detached = (context: Context, node: string): Procedure<NodeState, string> => ({
  scope: 'cluster',
  id: detachedId(node),
  probe: nodeProbe(context),
  aim: () => node,
  plan: members => planMove(nodesOf(members), node, context),
})

/** Without a node the play would report success although it did nothing. */
const unnamed = ({ cluster }: Context): ClusterAssertion<true> =>
  clusterAssertion('node whose disk is moved', {
    allowMissing: true,
    probe: { sh: ':', parse: () => present(true) },
    compare: () =>
      refused(
        `the disk of which node? Name it: -e ha_move_disk=<node> (${cluster.nodes.map(n => n.name).join(' or ')}), the standby first`,
      ),
  })

const steps = (context: Context): Resource[] => {
  const { ha_move_disk: node } = context.vars
  return node === undefined ? [unnamed(context)] : [inUseBesideDisk(context, node), newDisk(context, node), detached(context, node)]
}

export const moveDisk: Role = {
  name: 'move-disk',
  summary: 'detaches the disk of the standby so that another one, checked first, can take its place',
  steps,
}
