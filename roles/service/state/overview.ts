import type { Cluster, ClusterAssertion, ClusterStatus, Member, Table } from '../../../lib/role-api/index.ts'
import { clusterAssertion, differsBy } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { firstOf, vipAddress } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { statusOf } from './cluster-status.ts'
import { problemsOf } from './problem-list.ts'
import { rowsOf } from './rows.ts'
import type { ServiceState } from './state.ts'
import { serviceProbe } from './state.ts'

type Members = Member<ServiceState>[]

/**
 * With `hosts: all` the members include clients, which must not be treated as nodes. Nodes excluded by `--limit` do not count as unread.
 */
const nodesAmong = (members: Members, { nodes }: Cluster<Vars>): Members => members.filter(m => nodes.some(n => n.name === m.host))

/** Pure: what a status shows, as a table and as data. */
export const shownOf = (all: Members, cluster: Cluster<Vars>): { table: Table; status: ClusterStatus } => {
  const { vars } = firstOf(cluster)
  const status = statusOf(nodesAmong(all, cluster), { cluster, vars })
  const { headline, nodes } = status
  const table = {
    title: `${cluster.name}: ${headline}`,
    columns: ['', ...nodes.map(n => n.host)],
    ...rowsOf(nodes, { vip: vipAddress(vars), spaceLimit: vars.ha_space_limit }),
  }
  return { table, status }
}

/** The complete state of the service, checked with the nodes that answer. Shown by `status.yml`, watched by `drift`. */
export const overview = (context: Context): ClusterAssertion<ServiceState> => {
  const { vars, cluster } = context
  return clusterAssertion('state of the service', {
    allowMissing: true,
    probe: serviceProbe(context),
    compare(all) {
      const verdict = differsBy(problemsOf(nodesAmong(all, cluster), vars))
      // Every problem is listed below the table, so the result does not repeat them.
      return verdict.kind === 'differs' ? { ...verdict, summary: shownOf(all, cluster).status.verdict.text } : verdict
    },
    table: all => shownOf(all, cluster).table,
    status: all => shownOf(all, cluster).status,
  })
}
