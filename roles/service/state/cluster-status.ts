import type { ClusterStatus, Member } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { headline, serviceOf } from './headline.ts'
import { nodeStatus } from './node-status.ts'
import { causesOf, noticesOf, problemsOf } from './problem-list.ts'
import type { ServiceState } from './state.ts'
import { redundancyOf, verdictOf } from './verdict.ts'

/** Pure: the state of the pair as data, with the problems and next steps. `members`: only the nodes. */
export const statusOf = (members: Member<ServiceState>[], { cluster, vars }: Pick<Context, 'cluster' | 'vars'>): ClusterStatus => {
  const service = serviceOf(members, vars.ha_stage)
  const problems = problemsOf(members, vars)
  const causes = causesOf([...problems, ...noticesOf(members)], members, cluster.nodes)
  const varsOf = (host: string) => cluster.nodes.find(n => n.name === host)?.vars ?? vars
  return {
    v: 1,
    cluster: cluster.name,
    headline: headline(members, vars.ha_stage),
    ...service,
    verdict: verdictOf(service, redundancyOf(members, vars.ha_stage), causes.filter(c => c.severity === 'problem').length),
    nodes: members.map(member => nodeStatus(member, varsOf(member.host))),
    problems: causes,
  }
}
