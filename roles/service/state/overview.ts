import { clusterAssertion } from '../../../lib/resources/assertion.ts'
import type { ClusterAssertion, Member } from '../../../lib/resources/resource.ts'
import { differsBy } from '../../../lib/resources/verdict.ts'
import type { Context } from '../../role.ts'
import { peerOf, vipAddress } from '../../role.ts'
import { statusOf } from './cluster-status.ts'
import { problemsOf } from './problem-list.ts'
import { rowsOf } from './rows.ts'
import type { ServiceState } from './state.ts'
import { serviceProbe } from './state.ts'

/** A play of `hosts: all` has clients among its members, and one that `--limit` leaves out is not a node that was not read. */
const nodesAmong = (members: Member<ServiceState>[], { cluster }: Context): Member<ServiceState>[] =>
  members.filter(m => cluster.nodes.some(n => n.name === m.host))

/** Everything that is read of the service, judged with the nodes that answer. Shown by `status.yml`, watched by `drift`. */
export const overview = (context: Context): ClusterAssertion<ServiceState> => {
  const { vars, cluster } = context
  const statusFor = (all: Member<ServiceState>[]) => statusOf(nodesAmong(all, context), context)
  return clusterAssertion('state of the service', {
    allowMissing: true,
    probe: serviceProbe(vars, context.platform, peerOf(context).vars.node_name),
    compare(all) {
      const verdict = differsBy(problemsOf(nodesAmong(all, context), vars))
      // Every problem stands beneath the table: the result need not list them again.
      return verdict.kind === 'differs' ? { ...verdict, summary: statusFor(all).verdict.text } : verdict
    },
    table(all) {
      const { headline, nodes } = statusFor(all)
      return {
        title: `${cluster.name}: ${headline}`,
        columns: ['', ...nodes.map(n => n.host)],
        ...rowsOf(nodes, { vip: vipAddress(vars), spaceLimit: vars.ha_space_limit }),
      }
    },
    status: statusFor,
  })
}
