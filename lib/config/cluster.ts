import { ConfigError, type Place, throwAll } from './error.ts'
import { type Group, hostsOf, type Inventory } from './model.ts'
import { ownVariables, variablesOf } from './precedence.ts'
import { didYouMean } from './suggest.ts'
import { type Entry, reveal } from './value.ts'

/** Two nodes that share one service address: a group that defines `ha_vip` itself. */
export interface ClusterHosts {
  name: string
  /** The two nodes in the inventory's order. */
  nodes: [string, string]
  clients: string[]
  /** Where `ha_vip` is defined. */
  place: Place
}

/** Group of the clients, unless `ha_clients` names another. An inventory may lack it. */
export const defaultClients = 'clients'

/** The clusters of an inventory. Throws all errors in them at once. */
export const clustersOf = (inventory: Inventory): ClusterHosts[] => {
  const errors: ConfigError[] = []
  const clusters: ClusterHosts[] = []
  for (const group of inventory.groups.values()) {
    const vip = ownVariables(inventory, group, { openable: true }).get('ha_vip')
    if (!vip) continue
    const cluster = clusterOf(inventory, group, vip)
    if (cluster instanceof ConfigError) errors.push(cluster)
    else clusters.push(cluster)
  }
  errors.push(...clusters.flatMap((cluster, index) => overlaps(cluster, clusters.slice(0, index))))
  const nodes = new Set(clusters.flatMap(cluster => cluster.nodes))
  throwAll([...errors, ...strayAddresses(inventory, nodes)])
  return clusters
}

const clusterOf = (inventory: Inventory, group: Group, vip: Entry): ClusterHosts | ConfigError => {
  const hosts = hostsOf(inventory, group.name)
  const [first, second] = hosts
  if (hosts.length !== 2 || first === undefined || second === undefined) {
    const found = hosts.length === 0 ? 'none' : hosts.length === 1 ? `one: ${first}` : `${hosts.length}: ${hosts.slice(0, 6).join(', ')}`
    return new ConfigError(
      `a cluster has two nodes; group '${group.name}', which defines ha_vip, has ${found}`,
      vip.at,
      group.name === 'all' ? 'define ha_vip for the group of the two nodes' : 'ha_vip belongs to the group of its two nodes only',
    )
  }
  const differing = hosts.map(host => variablesOf(inventory, host, {}, { openable: true }).get('ha_vip')).find(entry => entry !== vip)
  if (differing)
    return new ConfigError(
      `this ha_vip overrides that of cluster '${group.name}'`,
      differing.at,
      'both nodes share one address: define it for their group only',
    )
  const clients = clientsOf(inventory, first)
  if (clients instanceof ConfigError) return clients
  return { name: group.name, nodes: [first, second], clients, place: vip.at }
}

/** Hosts of the group that `ha_clients` names. Only an explicitly named group must exist. */
const clientsOf = (inventory: Inventory, node: string): string[] | ConfigError => {
  const given = variablesOf(inventory, node, {}, { openable: true }).get('ha_clients')
  const name = given ? String(reveal(given.value, inventory.vault).value) : defaultClients
  if (inventory.groups.has(name)) return hostsOf(inventory, name)
  if (!given) return []
  return new ConfigError(`ha_clients: no group '${name}' in the inventory`, given.value.place, didYouMean(name, inventory.groups.keys()))
}

const overlaps = (cluster: ClusterHosts, earlier: ClusterHosts[]): ConfigError[] => {
  const twice = earlier.flatMap(other =>
    cluster.nodes
      .filter(node => other.nodes.includes(node))
      .map(node => new ConfigError(`${node} is a node of two clusters, '${other.name}' and '${cluster.name}'`, cluster.place)),
  )
  const both = cluster.clients
    .filter(client => cluster.nodes.includes(client))
    .map(client => new ConfigError(`${client} is both a node and a client of cluster '${cluster.name}'`, cluster.place))
  return [...twice, ...both]
}

/** An address of a single host makes no cluster, so it is a mistake. */
const strayAddresses = (inventory: Inventory, nodes: Set<string>): ConfigError[] => {
  const others = [...inventory.hosts.values()].filter(host => !nodes.has(host.name))
  return others.flatMap(host => {
    const vip = host.vars.get('ha_vip')
    return vip
      ? [new ConfigError(`ha_vip is defined for the host ${host.name} alone`, vip.at, 'define it for the group of the two nodes')]
      : []
  })
}
