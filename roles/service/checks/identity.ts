import type { Facts, Node } from '../../../lib/role-api/index.ts'
import type { Vars } from '../../vars.ts'

type Met = { node: Node<Vars>; facts: Facts }
type Problem = { host: string; problem: string; kind?: 'no root' }

/** Planned addresses must be on their NICs. Otherwise machine, cable or inventory is wrong, and nothing may be changed. */
const addressProblems = ({ node, facts }: Met): Problem[] => {
  const { vars } = node
  const planned: [string, string][] = [
    [vars.node_service_nic, vars.node_service_ip],
    [vars.node_heartbeat_nic, vars.node_heartbeat_ip],
    [vars.node_drbd_nic, vars.node_drbd_ip],
  ]
  return planned.flatMap(([nic, ip]) => {
    const found = facts.nics.find(n => n.name === nic)
    if (!found) return [{ host: node.name, problem: `no NIC ${nic} (there are ${facts.nics.map(n => n.name).join(', ')})` }]
    if (found.addresses.some(a => a.startsWith(`${ip}/`))) return []
    return [{ host: node.name, problem: `${ip} is not on ${nic}: it has ${found.addresses.join(', ') || 'no address'}` }]
  })
}

/** The same machine under two names would be formatted twice. */
const doubles = (hosts: Met[]): Problem[] =>
  hosts.flatMap((one, i) => {
    const same = hosts.slice(0, i).find(other => other.facts.machineId !== '' && other.facts.machineId === one.facts.machineId)
    return same
      ? [{ host: one.node.name, problem: `has the machine-id of ${same.node.name}: the same machine, or a clone that needs a new one` }]
      : []
  })

const notRoot = ({ node, facts }: Met): Problem[] =>
  facts.root ? [] : [{ host: node.name, problem: 'no root: add ansible_become: true, or -b', kind: 'no root' }]

/** Why these machines are not the pair of the inventory. Clients have no planned links to check. */
export const pairIdentity = (hosts: Met[]): Problem[] => [...hosts.flatMap(notRoot), ...hosts.flatMap(addressProblems), ...doubles(hosts)]
export const clientIdentity = (hosts: Met[]): Problem[] => [...hosts.flatMap(notRoot), ...doubles(hosts)]
