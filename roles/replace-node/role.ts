import type { ClusterAssertion, Resource } from '../../lib/role-api/index.ts'
import { clusterAssertion, present, refused, refusedFor, statesOf } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { relationTo } from '../service/drbd/adoption.ts'
import { type Replica, replicaProbe } from '../service/drbd/replica.ts'
import { type DiskVerdict, judgeDisks, refusals } from '../service/drbd/verdict.ts'
import type { ServiceState } from '../service/state/state.ts'
import { serviceProbe } from '../service/state/state.ts'
import { replacementProblems } from './survivor.ts'

/** Nothing in the play changes these facts, so check mode refuses in the same way as a run. */
const survivor = (context: Context, node: string): ClusterAssertion<ServiceState> =>
  clusterAssertion(`the other node serves while ${node} is replaced`, {
    dependsOn: [],
    probe: serviceProbe(context),
    compare: members => refusedFor(replacementProblems(statesOf(members), node, context.vars.ha_stage)),
  })

/** Pure: why the pair might not end up with the active node's data. A blank disk cannot win. */
export const replicaProblems = (verdicts: DiskVerdict[], node: string): string[] => {
  const found = refusals(verdicts)
  if (found.length > 0) return found
  const [new_, other] = [verdicts.find(v => v.host === node), verdicts.find(v => v.host !== node)]
  const [own, its] = [new_?.replica.judgement.drbd, other?.replica.judgement.drbd]
  if (new_?.fate.kind === 'keep')
    return [`drbd_keep_data: ${node} is to become a copy of ${other?.host}, so the data on its disk cannot be kept`]
  if (!own || !its || !new_ || !['adopt', 'ours'].includes(new_.fate.kind)) return []
  const relation = relationTo(own, its)
  return relation === 'newer'
    ? [`the copy on ${new_.replica.disk} of ${node} is newer than that of ${other?.host}, which serves: run nfsha-play status.yml first`]
    : []
}

const disk = ({ vars, platform }: Context, node: string): ClusterAssertion<Replica> =>
  clusterAssertion(`disk of ${node}`, {
    dependsOn: [],
    probe: replicaProbe(vars),
    compare: members => refusedFor(replicaProblems(judgeDisks(members, vars, platform.commands.emptyDisk), node)),
  })

/** Without a node the play would report success although it did nothing. */
const unnamed = ({ cluster }: Context): ClusterAssertion<true> =>
  clusterAssertion('node to replace', {
    allowMissing: true,
    probe: { sh: ':', parse: () => present(true) },
    compare: () => refused(`which node is the new machine? Name it: -e ha_replace=<node> (${cluster.nodes.map(n => n.name).join(' or ')})`),
  })

const steps = (context: Context): Resource[] => {
  const { ha_replace: node, ha_stage } = context.vars
  if (node === undefined) return [unnamed(context)]
  return [survivor(context, node), ...(ha_stage === 'full' ? [disk(context, node)] : [])]
}

export const replaceNode: Role = {
  name: 'replace-node',
  summary: 'checks whether a node can be replaced now: the other one serves, and the new disk may become a copy of its data',
  steps,
}
