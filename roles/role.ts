import type { Cluster, Role as EngineRole, Node, RoleContext } from '../lib/role-api/index.ts'
import type { Vars } from './vars.ts'

export type Role = EngineRole<Vars>
export type Context = RoleContext<Vars>

/** The context of another node in the same play. */
export const contextAt = (context: Context, host: string): Context => ({
  ...context,
  host,
  vars: context.cluster.nodes.find(n => n.name === host)?.vars ?? context.vars,
})

/** The other node of the pair. Throws when the cluster is not a pair, which validation prevents. */
export const peerOf = ({ host, cluster }: Context): { name: string; vars: Vars } => {
  const peer = cluster.nodes.find(n => n.name !== host)
  if (!peer) throw new Error(`${host} has no peer in cluster ${cluster.name}`)
  return peer
}

/** The first node in the inventory: the preferred one. Variables that both nodes share are read from it. */
export const firstOf = (cluster: Cluster<Vars>): Node<Vars> => {
  const [first] = cluster.nodes
  if (!first) throw new Error(`cluster ${cluster.name} has no nodes`)
  return first
}

/** The virtual IP without its prefix length. */
export const vipAddress = (vars: Pick<Vars, 'ha_vip'>): string => vars.ha_vip.replace(/\/.*/, '')
