import { didYouMean } from '../../lib/role-api/index.ts'
import type { Vars } from '../vars.ts'
import { type Conflict, type CrossCheck, shared } from './conflict.ts'

/** Names are compared case-insensitively, as in DNS and by programs that read /etc/hosts. */
const same = (one: string, two: string) => one.toLowerCase() === two.toLowerCase()

const nodeNames: CrossCheck = ({ nodes }) =>
  nodes.flatMap(({ host, vars }, i): Conflict[] => {
    const name = vars.node_name
    if (name === undefined) return []
    const conflict = (message: string): Conflict[] => [{ host, names: ['node_name'], message: `node_name of ${host}: ${message}` }]
    // The kernel's own limit: uname(2), __NEW_UTS_LEN.
    if (name.length > 64) return conflict('a host name has at most 64 characters')
    if (/^localhost(\..*)?$/i.test(name)) return conflict(`${name} is reserved for the machine itself`)
    if (/^[\d.]+$/.test(name)) return conflict(`${name} would be read as an address`)
    if (/[.-]$|\.\.|\.-|-\./.test(name)) return conflict(`${name} is not a valid host name`)
    const other = nodes.slice(0, i).find(n => n.vars.node_name !== undefined && same(n.vars.node_name, name))
    return other ? conflict(`${name} is node_name of ${other.host} too: heartbeat and DRBD tell the nodes apart by it`) : []
  })

/** drbdadm(8) treats `all` as every resource. */
const resourceName: CrossCheck = cluster => {
  const found = shared(cluster, 'drbd_resource')
  if (!found || !['all', 'global_common'].includes(found.value)) return []
  return [{ host: found.host, names: ['drbd_resource'], message: `drbd_resource: ${found.value} has a special meaning for drbdadm` }]
}

/** Variables that name one of the two nodes, and the other values that they may have. */
const naming: [keyof Vars, string[]][] = [
  ['ha_switchover_to', []],
  ['ha_maintenance', ['none']],
  ['drbd_victim', []],
  ['drbd_init_primary', []],
  ['ha_replace', []],
  ['ha_start_alone', []],
  ['drbd_survivor', []],
]

const namedNodes: CrossCheck = cluster => {
  const known = cluster.nodes.map(n => n.host)
  return naming.flatMap(([name, others]): Conflict[] => {
    const found = shared(cluster, name)
    if (!found || [...known, ...others].includes(String(found.value))) return []
    const hint = didYouMean(String(found.value), [...known, ...others])
    const message = `${name}: ${String(found.value)} is not a node of this cluster; its nodes are ${known.join(' and ')}`
    return [{ host: found.host, names: [name], message, ...(hint && { hint }) }]
  })
}

export const names: CrossCheck = cluster => [...nodeNames(cluster), ...resourceName(cluster), ...namedNodes(cluster)]
